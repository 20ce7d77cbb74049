"""Request the text of many records in concurrent calls; an invalid record is retried once alone, then falls back."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from simcrm.generation.text.prompt_requests import (
    RequestSettings,
    build_request,
    estimate_input_tokens,
    estimate_output_tokens,
    group_into_calls,
)
from simcrm.generation.text.record_prompts import RecordPrompt
from simcrm.generation.text.record_text import (
    RecordText,
    RecordTextResult,
    TextProvenance,
    fallback_result,
    usage_share,
)
from simcrm.generation.text.responses import parse_response
from simcrm.llm.caller import LlmCaller, LlmCallResult
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.log_events import LlmEventLog
from simcrm.llm.providers.base import Usage


class ResultRecorder(NamedTuple):
    """Builds and logs the results of records; ``wall`` returns epoch seconds."""

    settings: RequestSettings
    log: LlmEventLog
    wall: Callable[[], float]

    def split_usable(
        self, chunk: Sequence[RecordPrompt], call_result: LlmCallResult
    ) -> tuple[list[RecordTextResult], list[RecordPrompt]]:
        """Split a chunk into the results of records with usable text, and the other records."""
        texts = {} if call_result.response.was_refused else parse_response(call_result.response, chunk)
        results = [
            self.accept(record_prompt, call_result, len(chunk), texts)
            for record_prompt in chunk
            if record_prompt.index in texts
        ]
        return results, [brief for brief in chunk if brief.index not in texts]

    def reject(
        self, bad: Iterable[RecordPrompt], call_result: LlmCallResult, records: int
    ) -> Iterator[RecordTextResult]:
        """Yield fallback results for the invalid or missing records of a call for ``records`` records."""
        reason = FallbackReason.REFUSAL if call_result.response.was_refused else FallbackReason.INVALID_ANSWER
        for record_prompt in bad:
            self.log.fallback(record_prompt.index, FailureCategory.MODEL_ERROR, reason)
            provenance = self._provenance("fallback", record_prompt, call_result, records)
            yield RecordTextResult(
                index=record_prompt.index,
                provenance=provenance.model_copy(update={"reason": reason, "category": FailureCategory.MODEL_ERROR}),
            )

    def accept(
        self, record_prompt: RecordPrompt, call_result: LlmCallResult, records: int, texts: Mapping[int, RecordText]
    ) -> RecordTextResult:
        """Return the result of a record written by the model, one of ``records`` in its call."""
        provenance = self._provenance("ai", record_prompt, call_result, records)
        self.log.success(record_prompt.index, provenance.latency_ms, provenance.tokens)
        return RecordTextResult(index=record_prompt.index, provenance=provenance, text=texts[record_prompt.index])

    def fail(self, record_prompt: RecordPrompt, category: str, reason: str) -> RecordTextResult:
        """Return the fallback result of a record for which no response came."""
        self.log.fallback(record_prompt.index, category, reason)
        return fallback_result(record_prompt.index, reason, category)

    def _provenance(
        self, method: str, record_prompt: RecordPrompt, call_result: LlmCallResult, records: int
    ) -> TextProvenance:
        part = usage_share(call_result.response.usage, records)
        return TextProvenance(
            method=method,
            model=self.settings.model_name,
            generated_at=datetime.fromtimestamp(self.wall(), UTC),
            latency_ms=call_result.latency_ms,
            attempts=call_result.attempts,
            tokens=part.total,
            input_tokens=part.input_tokens,
            output_tokens=part.output_tokens,
            prompt_version=self.settings.prompt_for(record_prompt).label,
        )


SaveResults = Callable[[Sequence[RecordTextResult]], None]
"""Stores text as soon as it is paid for; called in a thread."""


class TextWriter(NamedTuple):
    """Writes the text of one simulation's records in one invocation."""

    caller: LlmCaller
    settings: RequestSettings
    save: SaveResults
    concurrency: int = 20

    @property
    def recorder(self) -> ResultRecorder:
        """The recorder of each record's result."""
        return ResultRecorder(self.settings, self.caller.log, self.caller.clock.wall)

    async def write(self, record_prompts: Sequence[RecordPrompt]) -> dict[int, RecordTextResult]:
        """Write the text of each record; return it, or the reason why there is none, by index."""
        semaphore = asyncio.Semaphore(self.concurrency)
        tasks = (self._write_chunk(chunk, semaphore) for chunk in group_into_calls(self.settings, record_prompts))
        results = await asyncio.gather(*tasks)
        return {record.index: record for group in results for record in group}

    async def _write_chunk(
        self, chunk: Sequence[RecordPrompt], semaphore: asyncio.Semaphore, *, is_last: bool = False
    ) -> list[RecordTextResult]:
        async with semaphore:
            answered = await self._call(chunk, is_last=is_last)
        results, to_retry = answered
        await asyncio.to_thread(self.save, results)
        retried = await asyncio.gather(
            *(self._write_chunk((record_prompt,), semaphore, is_last=True) for record_prompt in to_retry)
        )
        return [*results, *(record for group in retried for record in group)]

    async def _call(
        self, chunk: Sequence[RecordPrompt], *, is_last: bool
    ) -> tuple[list[RecordTextResult], list[RecordPrompt]]:
        """Call the model for records; return their results, and the records to retry."""
        if self.caller.auth_failure_flag.is_set_locally:
            return [
                self.recorder.fail(record_prompt, FailureCategory.AUTH, FailureCategory.AUTH) for record_prompt in chunk
            ], []
        request = build_request(self.settings, chunk)
        expected = Usage(estimate_input_tokens(request), estimate_output_tokens(chunk))
        try:
            call_result = await self.caller.call(request, expected, chunk[0].index)
        except LlmCallError as failure:
            return [self.recorder.fail(brief, failure.category, failure.reason) for brief in chunk], []
        return self._split(chunk, call_result, is_last=is_last)

    def _split(
        self, chunk: Sequence[RecordPrompt], call_result: LlmCallResult, *, is_last: bool
    ) -> tuple[list[RecordTextResult], list[RecordPrompt]]:
        results, unusable = self.recorder.split_usable(chunk, call_result)
        if not is_last and not (call_result.response.was_refused and len(chunk) == 1):
            return results, unusable
        return [*results, *self.recorder.reject(unusable, call_result, len(chunk))], []
