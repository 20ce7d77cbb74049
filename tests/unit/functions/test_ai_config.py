"""``/api/boss/ai-config``: settings are read, changed, refused by their field, and taken back."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from api_config import settings_cache
from lambda_events import api_event
from recorders import ApiCalls
from scripted_model import ScriptedModel
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import built_in_prompt
from simcrm.llm.providers import registry
from simcrm.planning.plan_document import read_plan
from simcrm.storage.simulation_files import SimulationFiles

Document = dict[str, Any]
Ask = Callable[..., tuple[int, Document]]
PATH = "/api/boss/ai-config"
MINE = "Mine for {{scenario}}.\nn: a name"


@pytest.fixture
def ask(invoke: Invoke) -> Ask:
    def send(method: str, body: Any = None, *, path: str = PATH, role: str = "boss", **query: str) -> Any:
        answer = invoke("ApiFunction", api_event(method, path, body, role=role, **query))
        return answer["statusCode"], json.loads(answer["body"])

    return send


@pytest.fixture
def put(ask: Ask) -> Callable[..., Document]:
    """Put settings on top of a version; answers what is in force then."""

    def send(version: int, **config: Any) -> Document:
        number, document = ask("PUT", {"version": version, "config": config})
        assert number == 200, document
        return document

    return send


def test_before_anybody_said_anything_the_environment_holds(ask: Ask) -> None:
    number, document = ask("GET")

    assert (number, document["version"], document["overrides"], document["history"]) == (200, 0, {}, [])
    assert document["config"]["provider"] == "anthropic"
    assert document["config"]["model"] == "claude-haiku-4-5-20251001"
    assert document["config"]["limits"] == {
        "requestsPerMinute": 0,
        "inputTokensPerMinute": 0,
        "outputTokensPerMinute": 0,
        "concurrency": 20,
        "timeoutMs": 60_000,
        "maxRetries": 2,
        "recordsPerCall": None,
        "maxCostUsd": None,
    }
    assert document["config"]["prompts"]["pairs"] == {"version": "v2", "text": built_in_prompt("pairs").text}


def test_what_is_set_replaces_the_environment_and_nothing_else(put: Callable[..., Document]) -> None:
    document = put(0, model="claude-haiku-5-5", limits={"concurrency": 3, "maxCostUsd": 2.5})

    assert document["version"] == 1
    assert document["overrides"] == {"model": "claude-haiku-5-5", "limits": {"concurrency": 3, "maxCostUsd": 2.5}}
    limits = document["config"]["limits"]
    assert (limits["concurrency"], limits["maxCostUsd"], limits["timeoutMs"]) == (3, 2.5, 60_000)
    assert document["config"]["model"] == "claude-haiku-5-5"


def test_what_was_read_can_be_put_back(ask: Ask, put: Callable[..., Document]) -> None:
    put(0, prompts={"pairs": {"text": MINE}}, limits={"recordsPerCall": 4})
    read = ask("GET")[1]

    again = put(1, **read["config"])

    assert again["config"] == read["config"]


def test_of_two_who_read_the_same_version_the_second_is_told(ask: Ask, put: Callable[..., Document]) -> None:
    put(0, model="claude-haiku-5-5")

    number, document = ask("PUT", {"version": 0, "config": {"enabled": False}})

    assert (number, document["error"]["code"]) == (409, "STALE_VERSION")
    assert "the latest is 1" in document["error"]["message"]
    assert ask("GET")[1]["overrides"] == {"model": "claude-haiku-5-5"}


def test_every_version_can_be_looked_at_and_taken_back(ask: Ask, put: Callable[..., Document]) -> None:
    put(0, model="claude-haiku-5-5")
    put(1, enabled=False)

    assert ask("GET", version="1")[1]["overrides"] == {"model": "claude-haiku-5-5"}
    number, reverted = ask("PUT", {"version": 2, "revertTo": 1})
    assert (number, reverted["version"]) == (200, 3)
    assert reverted["overrides"] == {"model": "claude-haiku-5-5"}
    assert [kept["version"] for kept in reverted["history"]] == [3, 2, 1]
    assert ask("PUT", {"version": 3, "revertTo": 0})[1]["overrides"] == {}


def test_a_prompt_of_ones_own_is_kept_and_the_shipped_one_comes_back(put: Callable[..., Document]) -> None:
    mine = put(0, prompts={"pairs": {"text": MINE}})
    other = put(1, prompts={"pairs": {"text": "Other."}})
    first = put(2, prompts={"pairs": {"version": "u1"}})
    shipped = put(3)

    assert mine["config"]["prompts"]["pairs"] == {"version": "u1", "text": MINE}
    assert other["config"]["prompts"]["pairs"]["version"] == "u2"
    assert first["config"]["prompts"]["pairs"] == {"version": "u1", "text": MINE}
    assert shipped["config"]["prompts"]["pairs"]["version"] == "v2"


def test_the_command_line_and_the_api_speak_of_the_same_prompts(
    ask: Ask, put: Callable[..., Document], resources: Resources
) -> None:
    store = PromptStore(aws_clients.s3(), resources.bucket)
    put(0, prompts={"pairs": {"text": MINE}}, limits={"concurrency": 3})
    store.set("stories", "Stories for {{theme}}.")

    document = ask("GET")[1]
    assert document["version"] == 2
    assert document["overrides"] == {"limits": {"concurrency": 3}, "prompts": {"pairs": "u1", "stories": "u1"}}
    assert store.current("pairs").text == MINE
    put(2)
    assert store.current("stories") == built_in_prompt("stories")


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"config": {"model": "gpt-nobody-knows"}}, "config.model", "unknown model gpt-nobody-knows"),
        ({"config": {"provider": "oracle"}}, "config.provider", "unknown provider oracle"),
        ({"config": {"provider": "local"}}, "config.provider", "needs a base URL: set LOCAL_BASE_URL"),
        ({"config": {"provider": "openai", "model": "gpt"}}, "config.model", "unknown model gpt"),
        ({"config": {"colour": "red"}}, "config.colour", "is not a field"),
        ({"config": {"limits": {"concurrency": 0}}}, "config.limits.concurrency", "greater than or equal to 1"),
        ({"config": {"limits": {"timeoutMs": "10"}}}, "config.limits.timeoutMs", "integer"),
        ({"config": {"limits": {"maxCostUsd": -1}}}, "config.limits.maxCostUsd", "greater than or equal to 0"),
        ({"config": {"prompts": {"poems": {"text": "x"}}}}, "config.prompts.poems", "is not a field"),
        ({"config": {"prompts": {"pairs": {"version": "u9"}}}}, "config.prompts.pairs.version", "no version u9"),
        ({"config": {"prompts": {"pairs": {"version": "../x"}}}}, "config.prompts.pairs.version", "pattern"),
        ({"config": {"prompts": {"pairs": {"text": ""}}}}, "config.prompts.pairs.text", "1 to 8000 characters"),
        (
            {"config": {"prompts": {"pairs": {"text": "One.\nWrite {{secret}}."}}}},
            "config.prompts.pairs.text",
            "line 2: unknown prompt variable secret",
        ),
        ({"revertTo": 7}, "revertTo", "there is no version 7"),
        ({"config": {}, "revertTo": 0}, "config", "either config or revertTo"),
        ({}, "config", "either config or revertTo"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field_and_changes_nothing(
    ask: Ask, body: Document, field: str, says: str
) -> None:
    number, document = ask("PUT", {"version": 0, **body})

    assert (number, document["error"]["code"], document["error"]["field"]) == (400, "VALIDATION_ERROR", field)
    assert says in document["error"]["message"]
    assert ask("GET")[1]["version"] == 0


@pytest.mark.parametrize("body", [{"config": {}}, {"version": -1, "config": {}}, {"version": "0", "config": {}}])
def test_the_version_that_was_read_must_be_said(ask: Ask, body: Document) -> None:
    number, document = ask("PUT", body)

    assert (number, document["error"]["field"]) == (400, "version")


@pytest.mark.parametrize("version", ["7", "x", "-1", "1e3", "٣", ""])
def test_a_version_that_there_is_not_is_refused(ask: Ask, version: str) -> None:
    number, document = ask("GET", version=version)

    assert (number, document["error"]["field"]) == (400, "version")


def test_an_operator_may_neither_read_nor_change(ask: Ask) -> None:
    assert ask("GET", role="operator")[0] == 403
    assert ask("PUT", {"version": 0, "config": {}}, role="operator")[0] == 403


def test_a_simulation_is_checked_against_the_settings_in_force(ask: Ask, put: Callable[..., Document]) -> None:
    wanted = {"totalRecords": 1, "ai": {"model": "gpt-nobody-knows"}}
    assert ask("POST", wanted, path="/api/simulations")[1]["error"]["field"] == "ai.model"

    put(0, enabled=False)

    assert ask("POST", wanted, path="/api/simulations")[0] == 202


@pytest.mark.parametrize(
    ("ai", "field", "says"),
    [
        ({"provider": "local", "model": "m"}, "ai.provider", "set LOCAL_BASE_URL"),
        ({"provider": "openai", "model": "gpt"}, "ai.model", "unknown model gpt"),
        ({"provider": "openai", "mode": "BATCH"}, "ai.mode", "provider openai has no message batches"),
    ],
)
@pytest.mark.parametrize("path", ["/api/simulations", "/api/simulations/preview", "/api/schedules"])
def test_a_provider_that_a_simulation_cannot_use_is_refused_by_its_field(
    ask: Ask, path: str, ai: Document, field: str, says: str
) -> None:
    wanted: Document = {"totalRecords": 1, "ai": ai}
    is_schedule = path.endswith("schedules")
    body = {"name": "nightly", "expression": "rate(1 day)", "input": wanted} if is_schedule else wanted

    number, document = ask("POST", body, path=path)

    assert (number, document["error"]["field"]) == (400, f"input.{field}" if is_schedule else field)
    assert says in document["error"]["message"]


@pytest.mark.parametrize("ai", [{"enabled": False}, {"provider": "synthetic"}])
def test_what_no_model_is_asked_for_needs_no_message_batches(ask: Ask, ai: Document) -> None:
    body = {"totalRecords": 1, "ai": {"mode": "BATCH", **ai}}

    assert ask("POST", body, path="/api/simulations/preview")[0] == 200


def test_a_provider_with_an_address_can_be_chosen_by_boss_and_run(
    ask: Ask, put: Callable[..., Document], resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(resources.values, "LocalBaseUrl", "http://127.0.0.1:9/v1/")
    put(0, provider="local", model="m")

    assert ask("POST", {"totalRecords": 1}, path="/api/simulations/preview")[0] == 200
    assert ask("POST", {"totalRecords": 1, "ai": {"mode": "BATCH"}}, path="/api/simulations/preview")[0] == 400
    assert ask("POST", {"totalRecords": 1, "ai": {"provider": "local"}}, path="/api/simulations")[0] == 202


@pytest.mark.parametrize(
    ("provider", "field", "is_warned"), [("openai", "openaiApiKey", False), ("openai", "anthropicApiKey", True)]
)
def test_health_and_preview_look_for_the_key_of_the_provider(
    ask: Ask, put: Callable[..., Document], resources: Resources, provider: str, field: str, *, is_warned: bool
) -> None:
    resources.fill_secret(**{field: "sk-key"})
    put(0, provider=provider, model="claude-haiku-4-5")

    warnings = ask("POST", {"totalRecords": 1}, path="/api/simulations/preview")[1]["warnings"]
    assert any("No key is configured for openai" in warning for warning in warnings) is is_warned
    assert ask("GET", path="/api/health")[1]["ai"]["apiKeyConfigured"] is not is_warned


def test_health_shows_a_change_some_seconds_later_and_reads_nothing_meanwhile(
    ask: Ask, put: Callable[..., Document], monkeypatch: pytest.MonkeyPatch, api_calls: ApiCalls
) -> None:
    def enabled() -> bool:
        return bool(ask("GET", path="/api/health")[1]["ai"]["enabled"])

    assert enabled()
    put(0, enabled=False)
    read = len(api_calls.for_operation("ListObjectsV2"))

    assert enabled()
    assert len(api_calls.for_operation("ListObjectsV2")) == read
    later = time.monotonic() + 5
    monkeypatch.setattr(settings_cache(), "clock", lambda: later)
    assert not enabled()


@pytest.mark.usefixtures("connected")
def test_a_run_keeps_what_it_started_with_and_its_own_input_comes_first(
    invoke: Invoke, put: Callable[..., Document], files: SimulationFiles
) -> None:
    limits = {"recordsPerCall": 4, "maxCostUsd": 2.5, "concurrency": 3}
    put(0, model="claude-haiku-5-5", limits=limits, prompts={"pairs": {"text": MINE}})
    given = {"totalRecords": 1, "simulationId": "sim-test", "ai": {"maxCostUsd": 1}}
    invoke("PlanSimulationFunction", {"simulationId": "sim-test", "startedAt": "2026-03-02T14:00:00Z", "input": given})
    put(1)

    plan = read_plan(files)
    assert plan.ai is not None
    assert (plan.ai.model, plan.ai.prompt("pairs").text) == ("claude-haiku-5-5", MINE)
    assert (plan.input.ai.records_per_call, plan.input.ai.max_cost_usd) == (4, 1)
    assert plan.ai.limits.concurrency == 3


TEST = f"{PATH}/test"


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """A model instead of the provider's API."""
    model = ScriptedModel()
    kind = replace(registry.PROVIDERS["anthropic"], create=model.create_provider)
    monkeypatch.setitem(registry.PROVIDERS, "anthropic", kind)
    return model


def test_a_prompt_is_tried_and_its_price_is_told(ask: Ask, resources: Resources, scripted: ScriptedModel) -> None:
    resources.fill_secret(anthropicApiKey="sk-key")

    number, document = ask("POST", {"text": MINE, "records": 2}, path=TEST)

    assert (number, document["composed"], document["prompt"]) == (200, 0, "pairs/draft")
    assert document["rendered"] == "Mine for B2B.\nn: a name"
    assert len(document["records"]) == 2
    assert document["records"][0]["words"]["jobtitle"].startswith("j for ")
    assert document["costUsd"] > 0
    (answer,) = document["answers"]
    assert (len(json.loads(answer["text"])["r"]), answer["problem"]) == (2, None)
    assert len(scripted.requests) == 1
    assert ask("GET")[1]["version"] == 0


@pytest.mark.parametrize(
    ("config", "reason"),
    [({}, "no_api_key"), ({"enabled": False}, "ai_disabled"), ({"provider": "synthetic"}, "ai_disabled")],
)
@pytest.mark.parametrize("prompt", ["pairs", "stories"])
def test_where_nobody_writes_the_words_are_the_fallbacks_and_the_answer_says_so(
    ask: Ask, put: Callable[..., Document], config: Document, reason: str, prompt: str
) -> None:
    put(0, **config)

    number, document = ask("POST", {"prompt": prompt, "records": 2}, path=TEST)

    assert (number, document["composed"], document["costUsd"]) == (200, 2, 0)
    assert [record["reason"] for record in document["records"]] == [reason] * 2
    assert all(record["words"]["simcrm_lead_reasoning"] for record in document["records"])
    assert all(activity["text"] for record in document["records"] for activity in record["activities"])
    assert all(bool(record["activities"]) == (prompt == "stories") for record in document["records"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "One.\n{{secret}}"}, "text"),
        ({"version": "u4"}, "version"),
        ({"prompt": "poems"}, "prompt"),
        ({"model": "gpt-nobody-knows"}, "model"),
        ({"provider": "oracle"}, "provider"),
        ({"provider": "local"}, "provider"),
        ({"scenario": "B2G"}, "scenario"),
        ({"locale": "tlh_XX"}, "locale"),
        ({"records": 11}, "records"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_trial_that_cannot_be_made_is_refused_by_its_field(ask: Ask, body: Document, field: str) -> None:
    number, document = ask("POST", body, path=TEST)

    assert (number, document["error"]["field"]) == (400, field)


def test_a_trial_of_a_model_without_a_price_is_refused_where_ai_is_off(ask: Ask, put: Callable[..., Document]) -> None:
    put(0, enabled=False)

    assert ask("POST", {"model": "gpt-nobody-knows"}, path=TEST)[1]["error"]["field"] == "model"


def test_an_operator_may_try_nothing(ask: Ask) -> None:
    assert ask("POST", {}, path=TEST, role="operator")[0] == 403
