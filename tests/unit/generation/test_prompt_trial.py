"""A prompt tried on sample records."""

import json
import re
from typing import Any

import pytest
from scripted_model import ScriptedModel, good_response

from simcrm.core.config import LlmCallConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.text.prompt_trial import PromptTrial, render_prompt_trial, run_prompt_trial
from simcrm.llm.errors import FailureCategory, LlmCallError, LlmConfigError
from simcrm.llm.prompts import Prompt, built_in_prompt

CONFIG = LlmCallConfig.load({})


def read_key(*, fresh: bool) -> str:
    return "fresh" if fresh else "key"


def run_trial_of(prompt: str, **fields: Any) -> dict[str, Any]:
    return run_prompt_trial(PromptTrial(built_in_prompt(prompt), **fields), CONFIG, read_key)


def test_the_words_come_with_tokens_and_price(model: ScriptedModel) -> None:
    document = run_trial_of("pairs")

    assert len(model.requests) == 1
    assert [record["reason"] for record in document["records"]] == [None] * 3
    assert document["records"][0]["words"]["jobtitle"].startswith("j for ")
    assert (document["inputTokens"], document["outputTokens"]) == (100, 50)
    assert document["costUsd"] == pytest.approx((100 * 1 + 50 * 5) / 1e6)
    assert document["prompt"] == "pairs/v2"


def test_the_price_is_that_of_the_model_that_was_named(model: ScriptedModel) -> None:
    document = run_trial_of("pairs", model="claude-haiku-5-5")

    assert model.requests[0].model == "claude-haiku-5-5"
    assert document["costUsd"] == pytest.approx((100 * 0.1 + 50 * 0.5) / 1e6)


def test_a_story_is_tried_on_records_that_have_one(model: ScriptedModel) -> None:
    document = run_trial_of("stories", records=2)

    activities = [activity for record in document["records"] for activity in record["activities"]]
    assert all(record["activities"] for record in document["records"])
    assert all(activity["text"].startswith("text ") for activity in activities)
    lines = [line for line in model.requests[0].prompt.splitlines() if re.match(r"[dwncmgetk]\d{2} ", line)]
    assert len(lines) == len(activities)


def test_two_trials_ask_the_same(model: ScriptedModel) -> None:
    run_trial_of("pairs", theme="bees")
    run_trial_of("pairs", theme="bees")

    assert model.requests[0] == model.requests[1]
    assert '"bees"' in model.requests[0].prompt


def test_a_prompt_is_rendered_without_a_call(model: ScriptedModel) -> None:
    draft = Prompt("pairs", "draft", "Write {{language}} for {{scenario}}.")

    document = render_prompt_trial(PromptTrial(draft, locale="de_DE", scenario="B2C"), CONFIG)

    assert document["rendered"] == "Write German for B2C."
    assert document["input"].startswith("a0 ")
    assert model.requests == []


def test_a_failed_call_is_tried_once_and_tells_its_reason(model: ScriptedModel) -> None:
    model.script = [LlmCallError(FailureCategory.TIMEOUT, can_retry=True)] * 5

    document = run_trial_of("pairs", records=2)

    assert len(model.requests) == 1
    assert [record["reason"] for record in document["records"]] == ["timeout"] * 2
    assert all(record["words"]["jobtitle"] for record in document["records"])
    assert document["costUsd"] == 0


def test_a_bad_record_is_paid_for_and_told(model: ScriptedModel) -> None:
    model.script = [lambda request: good_response(request, text=json.dumps({"r": []}))] * 2

    document = run_trial_of("pairs", records=1)

    assert document["records"][0]["reason"] == "invalid_answer"
    assert document["inputTokens"] == 200


def test_the_answers_are_shown_with_what_was_wrong_with_them(model: ScriptedModel) -> None:
    model.script = [lambda request: good_response(request, text="Sorry!"), good_response]

    document = run_trial_of("pairs", records=1)

    first, second = document["answers"]
    assert (first["text"], first["problem"]) == ("Sorry!", "the answer is not JSON: Expecting value at character 0")
    assert (len(json.loads(second["text"])["r"]), second["problem"]) == (1, None)


def test_a_failed_call_shows_what_the_provider_said(model: ScriptedModel) -> None:
    model.script = [LlmCallError(FailureCategory.MODEL_ERROR, "http_404", provider_message="no such model")]

    assert run_trial_of("pairs", records=1)["answers"] == [{"text": "", "problem": "no such model"}]


def test_a_refused_key_is_read_anew_once(model: ScriptedModel) -> None:
    model.accepted = lambda key: key == "fresh"

    assert run_trial_of("pairs")["records"][0]["reason"] is None
    assert model.keys == ["key", "fresh"]


def test_nobody_is_asked_where_the_model_is_disabled(model: ScriptedModel) -> None:
    off = LlmCallConfig.load({"AI_ENABLED": "false"})

    document = run_prompt_trial(PromptTrial(built_in_prompt("pairs")), off, read_key)

    assert {record["reason"] for record in document["records"]} == {"ai_disabled"}
    assert model.requests == []


@pytest.mark.parametrize(
    ("trial", "error"),
    [
        (PromptTrial(Prompt("pairs", "draft", "Write {{secret}}.")), LlmConfigError),
        (PromptTrial(built_in_prompt("pairs"), model="gpt-of-nobody"), InvalidSimulationError),
        (PromptTrial(built_in_prompt("pairs"), provider="nobody"), InvalidSimulationError),
        (PromptTrial(built_in_prompt("pairs"), theme="x" * 3000), InvalidSimulationError),
        (PromptTrial(built_in_prompt("pairs"), scenario="C2C"), InvalidSimulationError),
        (PromptTrial(built_in_prompt("pairs"), locale="tlh"), InvalidSimulationError),
        (PromptTrial(built_in_prompt("pairs"), records=0), InvalidSimulationError),
    ],
)
def test_what_cannot_be_tried_is_refused(trial: PromptTrial, error: type[Exception], model: ScriptedModel) -> None:
    with pytest.raises(error):
        run_prompt_trial(trial, CONFIG, read_key)
    assert model.requests == []
