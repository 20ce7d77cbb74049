"""Models that are slow, find no end or say nothing: only what they did not write is composed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from recorders import LogLines
from scripted_model import good_response
from unit.generation.conftest import TextHarness

from simcrm.generation.text.prompt_requests import response_schema
from simcrm.llm.errors import FallbackReason
from simcrm.llm.providers import registry
from simcrm.llm.providers.anthropic import message_parameters
from simcrm.llm.providers.base import LlmRequest, LlmResponse

RECORDS = 10
STORY = {"activities": {"enabled": True}, "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-03-01T00:00:00Z"}
SILENCE = 5.0
HASTY = {"AI_TIMEOUT_MS": "100"}


@pytest.fixture(name="fast")
def _fast(workshop: TextHarness, monkeypatch: pytest.MonkeyPatch) -> TextHarness:
    """Expects so much of the model that a tenth of a second is enough for long calls."""
    spec = replace(registry.PROVIDERS["anthropic"], tokens_per_second=100_000)
    monkeypatch.setitem(registry.PROVIDERS, "anthropic", spec)
    workshop.environment = HASTY
    return workshop


def test_a_call_about_many_accounts_that_takes_too_long_is_divided_and_not_repeated(
    fast: TextHarness, log_lines: LogLines
) -> None:
    fast.model.script = [SILENCE]

    told = fast.write_texts(RECORDS)

    first, *others = [request.prompt for request in fast.model.requests]
    assert {result.provenance.method for result in told.values()} == {"ai"}
    assert len(others) == 2
    assert all(len(prompt) < len(first) for prompt in others)
    assert (fast.model.cancelled, log_lines.with_event_id("AI_GEN_RETRY")) == (1, [])


def test_a_long_account_that_takes_too_long_is_divided_at_its_scenes(fast: TextHarness) -> None:
    fast.fields = STORY
    fast.model.script = [SILENCE]

    told = fast.write_texts(1)

    assert len(fast.model.requests) >= 3
    assert not told[0].rejected
    assert told[0].text is not None
    assert told[0].text.activities


def test_a_model_that_never_answers_in_time_is_given_up(fast: TextHarness) -> None:
    fast.fields = STORY
    fast.model.script = [SILENCE] * 200

    told = fast.write_texts(2)

    assert {result.provenance.method for result in told.values()} == {"fallback"}
    assert len(fast.model.requests) < 40


def test_what_there_is_no_time_for_is_not_asked(workshop: TextHarness) -> None:
    workshop.session_seconds = 0.5

    told = workshop.write_texts(RECORDS)

    assert workshop.model.requests == []
    assert {result.provenance.reason for result in told.values()} == {FallbackReason.OUT_OF_TIME}
    assert {result.provenance.category for result in told.values()} == {"timeout"}


def cut_off(request: LlmRequest) -> LlmResponse:
    whole = good_response(request)
    return replace(whole, text=whole.text[: len(whole.text) * 2 // 3], was_truncated=True)


def test_what_arrived_whole_of_an_answer_that_was_cut_off_is_used(workshop: TextHarness) -> None:
    workshop.model.script = [cut_off]

    told = workshop.write_texts(RECORDS)

    again = [request.prompt.split()[0] for request in workshop.model.requests[1:]]
    assert {result.provenance.method for result in told.values()} == {"ai"}
    assert 2 <= len(again) <= 5
    assert again[-1] == f"a{RECORDS - 1}"


def test_an_answer_may_have_something_around_its_json(workshop: TextHarness) -> None:
    workshop.model.script = [
        lambda request: good_response(request, text=f"Sure!\n```json\n{good_response(request).text}\n```\nDone.")
    ]

    told = workshop.write_texts(RECORDS)

    assert {result.provenance.method for result in told.values()} == {"ai"}
    assert len(workshop.model.requests) == 1


@pytest.mark.parametrize("name", ["150000", "r1", "a", "2015-02", "[]"])
def test_a_name_without_a_word_is_not_used(workshop: TextHarness, name: str) -> None:
    def nameless(request: LlmRequest) -> LlmResponse:
        document = json.loads(good_response(request).text)
        return good_response(request, text=json.dumps({"r": [{**row, "n": [name, name]} for row in document["r"]]}))

    workshop.model.script = [nameless, nameless]

    told = workshop.write_texts(1)

    assert told[0].rejected.keys() == {"company_name"}
    assert told[0].text is not None
    assert told[0].text.job_title is not None


def lengths(part: Any) -> list[int]:
    """All bounds of lists in a schema."""
    if not isinstance(part, dict):
        return []
    own = [part["maxItems"]] if "maxItems" in part else []
    return own + [length for inner in part.values() for length in lengths(inner)]


def test_what_every_account_is_asked_for_may_not_be_left_out(workshop: TextHarness) -> None:
    workshop.write_texts(RECORDS)

    account = workshop.model.requests[0].schema["properties"]["r"]["items"]
    assert account["required"] == ["k", "n", "s", "i", "p"]
    assert account["properties"]["p"]["items"]["required"] == ["k", "f", "j", "c", "r"]


def test_what_only_some_accounts_are_asked_for_may_be_left_out() -> None:
    account = response_schema(("job_title", "company_name", "activities"), ("activities",))["properties"]["r"]["items"]

    assert account["required"] == ["k", "a"]
    assert account["properties"]["p"]["items"]["required"] == ["k", "f"]


def test_lists_are_bounded_but_for_the_provider_that_refuses_it(workshop: TextHarness) -> None:
    workshop.write_texts(1)
    (request,) = workshop.model.requests

    sent = message_parameters(request)["output_config"]["format"]["schema"]

    assert sorted(lengths(request.schema)) == [1, 1, 2, 2]
    assert lengths(sent) == []
    assert sent["properties"]["r"]["items"]["required"] == ["k", "n", "s", "i", "p"]


def test_a_server_of_ones_own_is_asked_for_one_account_first(workshop: TextHarness) -> None:
    prices = '{"small": {"input": 0, "output": 0}}'
    workshop.environment = {"LOCAL_BASE_URL": "http://127.0.0.1:9/v1/", "AI_MODELS": prices}
    workshop.config = workshop.config.model_copy(update={"ai_models": prices})
    workshop.fields = {"ai": {"provider": "local", "model": "small"}}

    workshop.write_texts(RECORDS)

    assert workshop.model.requests[0].prompt.count("\nr") == 1
