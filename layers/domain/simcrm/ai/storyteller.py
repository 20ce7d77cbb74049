"""Asks for the words of many records: several calls side by side, a bad record once more alone, then it falls back."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from simcrm.ai.answers import RecordWords, read_answer
from simcrm.ai.briefs import RecordBrief
from simcrm.ai.calls import Called, Caller
from simcrm.ai.errors import CallFailedError, Category, Reason
from simcrm.ai.providers.protocol import Usage
from simcrm.ai.requests import RequestSettings, chunks, expected_input, expected_output, request_for
from simcrm.ai.told import Origin, Told, fallen, share

Keep = Callable[[Sequence[Told]], None]
"""Stores words as soon as they are paid for; called in a thread."""


class Storyteller(NamedTuple):
    """Writes the records of one simulation in one function."""

    caller: Caller
    settings: RequestSettings
    keep: Keep
    concurrency: int = 20

    async def tell(self, briefs: Sequence[RecordBrief]) -> dict[int, Told]:
        """The words of each record, or why it has none; by index."""
        seats = asyncio.Semaphore(self.concurrency)
        tasks = (self._chunk(chunk, seats) for chunk in chunks(self.settings, briefs))
        told = await asyncio.gather(*tasks)
        return {record.index: record for group in told for record in group}

    async def _chunk(
        self, chunk: Sequence[RecordBrief], seats: asyncio.Semaphore, *, is_last: bool = False
    ) -> list[Told]:
        async with seats:
            answered = await self._ask(chunk, is_last=is_last)
        told, again = answered
        await asyncio.to_thread(self.keep, told)
        asked_alone = await asyncio.gather(*(self._chunk((brief,), seats, is_last=True) for brief in again))
        return [*told, *(record for group in asked_alone for record in group)]

    async def _ask(self, chunk: Sequence[RecordBrief], *, is_last: bool) -> tuple[list[Told], list[RecordBrief]]:
        """What became of records, and the ones to ask for once more."""
        if self.caller.standstill.is_known_here:
            return [self._fall(brief, Category.AUTH, Category.AUTH) for brief in chunk], []
        request = request_for(self.settings, chunk)
        expected = Usage(expected_input(request), expected_output(chunk))
        try:
            called = await self.caller.call(request, expected, chunk[0].index)
        except CallFailedError as failure:
            return [self._fall(brief, failure.category, failure.reason) for brief in chunk], []
        return self._sort(chunk, called, is_last=is_last)

    def _sort(
        self, chunk: Sequence[RecordBrief], called: Called, *, is_last: bool
    ) -> tuple[list[Told], list[RecordBrief]]:
        refused = called.answer.refused
        found = {} if refused else read_answer(called.answer, chunk)
        told = [self._written(brief, called, len(chunk), found) for brief in chunk if brief.index in found]
        bad = [brief for brief in chunk if brief.index not in found]
        if not is_last and not (refused and len(chunk) == 1):
            return told, bad
        reason = Reason.REFUSAL if refused else Reason.INVALID_ANSWER
        return [*told, *(self._fall(brief, Category.MODEL_ERROR, reason, called) for brief in bad)], []

    def _written(self, brief: RecordBrief, called: Called, records: int, found: Mapping[int, RecordWords]) -> Told:
        origin = self._origin("ai", brief, called, records)
        self.caller.log.success(brief.index, origin.latency_ms, origin.tokens)
        return Told(index=brief.index, origin=origin, words=found[brief.index])

    def _fall(self, brief: RecordBrief, category: str, reason: str, called: Called | None = None) -> Told:
        self.caller.log.fallback(brief.index, category, reason)
        if called is None:
            return fallen(brief.index, reason, category)
        origin = self._origin("fallback", brief, called, 1)
        return Told(index=brief.index, origin=origin.model_copy(update={"reason": reason, "category": category}))

    def _origin(self, method: str, brief: RecordBrief, called: Called, records: int) -> Origin:
        part = share(called.answer.usage, records)
        return Origin(
            method=method,
            model=self.settings.model_name,
            generated_at=datetime.fromtimestamp(self.caller.clock.wall(), UTC),
            latency_ms=called.latency_ms,
            attempts=called.attempts,
            tokens=part.total,
            input_tokens=part.input_tokens,
            output_tokens=part.output_tokens,
            prompt_version=self.settings.prompt_for(brief).label,
        )
