"""Asks for the words of many records: several calls side by side, a bad record once more alone, then it falls back."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from simcrm.ai.briefs import RecordBrief
from simcrm.ai.requests import RequestSettings, chunks, expected_input, expected_output, request_for
from simcrm.ai.scribe import Scribe
from simcrm.ai.told import Told
from simcrm.llm.caller import Called, Caller
from simcrm.llm.errors import CallFailedError, Category
from simcrm.llm.providers.base import Usage

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
