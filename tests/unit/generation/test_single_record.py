"""One record each, with a model or without."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scripted_model import ScriptedModel

from simcrm.core.config import LlmCallConfig
from simcrm.generation.text import single_record
from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.models.crm_objects import Properties
from simcrm.models.generator_version import GENERATOR_VERSION
from simcrm.operations.health import read_llm_health

CONTEXT = single_record.Context(index=3, at=datetime(2026, 3, 2, 14, tzinfo=UTC), config=LlmCallConfig.load({}))
WRITTEN: dict[str, tuple[Callable[[single_record.Context], Properties], set[str]]] = {
    "deal": (
        single_record.generate_deal,
        {"dealname", "amount", "closedate", "simcrm_sales_notes", "simcrm_product_interest"},
    ),
    "note": (single_record.generate_note, {"hs_note_body"}),
    "call": (single_record.generate_call, {"hs_call_status", "hs_call_duration", "hs_call_body"}),
    "task": (single_record.generate_task, {"hs_task_subject", "hs_task_body"}),
    "ticket": (single_record.generate_ticket, {"subject", "content"}),
}


@pytest.fixture(autouse=True)
def _with_key(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    monkeypatch.setenv("REDIS_URL", redis_url)


@pytest.mark.parametrize("kind", WRITTEN)
def test_an_activity_is_written_by_the_model_and_complete(model: ScriptedModel, kind: str) -> None:
    generate, needed = WRITTEN[kind]

    properties = generate(CONTEXT)

    assert needed <= properties.keys()
    assert sum(text.startswith("text ") for text in properties.values()) == 1
    assert len(model.requests) == 1


@pytest.mark.parametrize("kind", WRITTEN)
def test_an_activity_falls_back_complete(model: ScriptedModel, kind: str) -> None:
    generate, needed = WRITTEN[kind]
    model.script = [LlmCallError(FailureCategory.NETWORK)]

    properties = generate(CONTEXT)

    assert all(properties[name] for name in needed)
    assert not any(text.startswith("text ") for text in properties.values())


def test_a_pair_matches(model: ScriptedModel) -> None:
    pair = single_record.generate_contact_and_company(CONTEXT)

    assert pair.contact["simcrm_original_source"] == pair.company["simcrm_original_source"]
    assert pair.contact["email"].endswith(f"@{pair.company['domain']}")
    assert len(model.requests) == 1


def test_nobody_is_asked_when_the_model_is_disabled(model: ScriptedModel) -> None:
    config = LlmCallConfig.load({"AI_ENABLED": "false"})

    pair = single_record.generate_contact_and_company(replace(CONTEXT, config=config))

    metadata = json.loads(pair.contact["simcrm_generation_metadata"])
    assert (metadata["method"], metadata["reason"]) == ("fallback", "ai_disabled")
    assert metadata["generatorVersion"] == GENERATOR_VERSION
    assert model.requests == []


@pytest.mark.parametrize(("provider", "key"), [("openai", "key of openai"), ("local", "")])
def test_the_key_is_that_of_the_provider(
    model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, provider: str, key: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key of openai")
    env = {"AI_PROVIDER": provider, "AI_MODELS": '{"m": {"input": 1, "output": 1}}', "AI_MODEL": "m"}
    config = LlmCallConfig.load(env | {"LOCAL_BASE_URL": "http://127.0.0.1:9/v1/"})

    single_record.generate_note(replace(CONTEXT, config=config))

    assert model.keys == [key]
    assert read_llm_health(config)["apiKeyConfigured"] is bool(key)


def test_health_tells_the_last_success(model: ScriptedModel) -> None:
    before = read_llm_health(LlmCallConfig.load({}))
    single_record.generate_note(CONTEXT)

    after = read_llm_health(LlmCallConfig.load({}))

    assert model.requests
    assert (before["lastSuccess"], before["apiKeyConfigured"]) == (None, True)
    assert after["lastSuccess"] > 1_700_000_000_000
