"""What the model answered in a trial, and what was wrong with it."""

import asyncio
from collections.abc import Callable

import pytest
from scripted_model import Connection, ScriptedModel

from simcrm.generation.text.answer_recorder import MAX_ANSWER_CHARACTERS, AnswerRecorder, explain_unusable
from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage

REQUEST = LlmRequest("m", "system", "0 Ada", {}, 50)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"r": [{"n": 1}]}', None),
        ('{"r": []}', "the list of records is empty"),
        ("Sorry!", "the answer is not JSON: Expecting value at character 0"),
        ('{"r": [', "the answer is not JSON: Expecting value at character 7"),
        ("[]", 'the answer has no list of records, "r"'),
        ('{"records": []}', 'the answer has no list of records, "r"'),
        ('{"r": {}}', 'the answer has no list of records, "r"'),
    ],
)
def test_an_answer_that_is_no_list_of_records_is_explained(text: str, problem: str | None) -> None:
    assert explain_unusable(LlmResponse(text, Usage())) == problem


def test_a_refusal_and_a_cut_off_answer_are_explained_whatever_the_text() -> None:
    assert explain_unusable(LlmResponse('{"r": [1]}', Usage(), was_refused=True)) == "the model refused"
    cut = explain_unusable(LlmResponse('{"r": [', Usage(), was_truncated=True))
    assert cut == "the answer was cut off at its limit of tokens"


def answer(text: str) -> Callable[[LlmRequest], LlmResponse]:
    return lambda _request: LlmResponse(text, Usage())


def test_each_call_is_recorded_and_passed_on() -> None:
    long = "x" * (MAX_ANSWER_CHARACTERS + 1)
    said = LlmCallError(FailureCategory.AUTH, provider_message="unknown key")
    model = ScriptedModel([answer('{"r": [1]}'), answer(long), said])
    recorder = AnswerRecorder()
    provider = recorder.wrap(Connection(model, "key"))

    good = asyncio.run(provider.complete(REQUEST))
    asyncio.run(provider.complete(REQUEST))
    with pytest.raises(LlmCallError):
        asyncio.run(provider.complete(REQUEST))

    assert [answer["text"] for answer in recorder.answers] == [good.text, "x" * MAX_ANSWER_CHARACTERS, ""]
    assert [answer["problem"] for answer in recorder.answers][::2] == [None, "unknown key"]


def test_a_call_that_takes_too_long_is_recorded() -> None:
    recorder = AnswerRecorder()
    provider = recorder.wrap(Connection(ScriptedModel([5.0]), "key"))

    async def call() -> None:
        await asyncio.wait_for(provider.complete(REQUEST), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(call())
    assert recorder.answers == [{"text": "", "problem": "there was no answer in time"}]
