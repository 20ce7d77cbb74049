"""Asks for the words of many records: several calls side by side, a bad record once more alone, then it falls back."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from simcrm.generation.text.prompt_requests import RequestSettings, chunks, expected_input, expected_output, request_for
from simcrm.generation.text.record_prompts import RecordBrief
from simcrm.generation.text.record_text import Origin, Told, fallen, share
from simcrm.generation.text.responses import RecordWords, read_answer
from simcrm.llm.caller import Called, Caller
from simcrm.llm.errors import CallFailedError, Category, Reason
from simcrm.llm.log_events import AiLog
from simcrm.llm.providers.base import Usage


class Scribe(NamedTuple):
    """``wall`` gives epoch seconds."""

    settings: RequestSettings
    log: AiLog
    wall: Callable[[], float]

    def sort(self, chunk: Sequence[RecordBrief], called: Called) -> tuple[list[Told], list[RecordBrief]]:
        """The records whose words are usable, and the others."""
        found = {} if called.answer.refused else read_answer(called.answer, chunk)
        told = [self.written(brief, called, len(chunk), found) for brief in chunk if brief.index in found]
        return told, [brief for brief in chunk if brief.index not in found]

    def useless(self, bad: Iterable[RecordBrief], called: Called, records: int) -> Iterator[Told]:
        """Records that fall back because of what a call of so many records said, or did not say."""
        reason = Reason.REFUSAL if called.answer.refused else Reason.INVALID_ANSWER
        for brief in bad:
            self.log.fallback(brief.index, Category.MODEL_ERROR, reason)
            origin = self._origin("fallback", brief, called, records)
            yield Told(
                index=brief.index,
                origin=origin.model_copy(update={"reason": reason, "category": Category.MODEL_ERROR}),
            )

    def written(self, brief: RecordBrief, called: Called, records: int, found: Mapping[int, RecordWords]) -> Told:
        """A record by the model, one of so many in its call."""
        origin = self._origin("ai", brief, called, records)
        self.log.success(brief.index, origin.latency_ms, origin.tokens)
        return Told(index=brief.index, origin=origin, words=found[brief.index])

    def fall(self, brief: RecordBrief, category: str, reason: str) -> Told:
        """A record about which nobody answered."""
        self.log.fallback(brief.index, category, reason)
        return fallen(brief.index, reason, category)

    def _origin(self, method: str, brief: RecordBrief, called: Called, records: int) -> Origin:
        part = share(called.answer.usage, records)
        return Origin(
            method=method,
            model=self.settings.model_name,
            generated_at=datetime.fromtimestamp(self.wall(), UTC),
            latency_ms=called.latency_ms,
            attempts=called.attempts,
            tokens=part.total,
            input_tokens=part.input_tokens,
            output_tokens=part.output_tokens,
            prompt_version=self.settings.prompt_for(brief).label,
        )


Keep = Callable[[Sequence[Told]], None]
"""Stores words as soon as they are paid for; called in a thread."""


class Storyteller(NamedTuple):
    """Writes the records of one simulation in one function."""

    caller: Caller
    settings: RequestSettings
    keep: Keep
    concurrency: int = 20

    @property
    def scribe(self) -> Scribe:
        """Who notes what became of each record."""
        return Scribe(self.settings, self.caller.log, self.caller.clock.wall)

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
            return [self.scribe.fall(brief, Category.AUTH, Category.AUTH) for brief in chunk], []
        request = request_for(self.settings, chunk)
        expected = Usage(expected_input(request), expected_output(chunk))
        try:
            called = await self.caller.call(request, expected, chunk[0].index)
        except CallFailedError as failure:
            return [self.scribe.fall(brief, failure.category, failure.reason) for brief in chunk], []
        return self._sort(chunk, called, is_last=is_last)

    def _sort(
        self, chunk: Sequence[RecordBrief], called: Called, *, is_last: bool
    ) -> tuple[list[Told], list[RecordBrief]]:
        told, bad = self.scribe.sort(chunk, called)
        if not is_last and not (called.answer.refused and len(chunk) == 1):
            return told, bad
        return [*told, *self.scribe.useless(bad, called, len(chunk))], []
