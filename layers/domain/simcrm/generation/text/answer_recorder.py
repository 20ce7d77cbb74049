"""What the model answered in a trial, call by call, and why an answer cannot be used."""

import json
from asyncio import CancelledError
from dataclasses import dataclass, field

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.record_text import RECORDS_KEY
from simcrm.llm.errors import LlmCallError
from simcrm.llm.providers.base import LlmProvider, LlmRequest, LlmResponse

MAX_ANSWER_CHARACTERS = 20_000


@dataclass(slots=True)
class AnswerRecorder:
    """Records the ``text`` of each answer and its ``problem``, None if it is a list of records."""

    answers: list[JsonObject] = field(default_factory=list)

    def wrap(self, provider: LlmProvider) -> LlmProvider:
        """Return the provider with its answers recorded."""
        return _RecordedProvider(provider, self)

    def add(self, text: str, problem: str | None) -> None:
        """Record an answer, or why there is none."""
        self.answers.append({"text": text[:MAX_ANSWER_CHARACTERS], "problem": problem})


@dataclass(frozen=True, slots=True)
class _RecordedProvider:
    provider: LlmProvider
    recorder: AnswerRecorder

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Call once and record the answer."""
        try:
            response = await self.provider.complete(request)
        except LlmCallError as failure:
            self.recorder.add("", failure.provider_message or failure.reason)
            raise
        except CancelledError:
            self.recorder.add("", "there was no answer in time")
            raise
        self.recorder.add(response.text, explain_unusable(response))
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self.provider.aclose()


def explain_unusable(response: LlmResponse) -> str | None:
    """Return why no record of a response can be used; None if it is a list of records, which may be invalid each."""
    if response.was_refused:
        return "the model refused"
    if response.was_truncated:
        return "the answer was cut off at its limit of tokens"
    try:
        document = json.loads(response.text)
    except json.JSONDecodeError as error:
        return f"the answer is not JSON: {error.msg} at character {error.pos}"
    rows = document.get(RECORDS_KEY) if isinstance(document, dict) else None
    if not isinstance(rows, list):
        return f'the answer has no list of records, "{RECORDS_KEY}"'
    return None if rows else "the list of records is empty"
