"""Batches: up to 100 records that are due together, the unit of a child execution."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.time_mapping import Pace, whole_second
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

BATCH_SIZE = 100
"""HubSpot takes up to 100 inputs a batch call."""

MAX_MAP_CONCURRENCY = 10_000
"""Children that Step Functions runs at a time. Those of a run that follows the clock live as long as their leads, so
more of them would keep later batches from starting when they are due."""

MIN_SLOTS = 1_000

MIN_GAP = timedelta(milliseconds=250)
"""Between the begins of batches where they may all run side by side: what is overdue when a run begins does not flood
the functions. Those of a second begin together."""

MIN_SLOT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records ``first_index`` to ``first_index + count - 1``, all arrived when ``due_at`` has come.

    That is real time in whole seconds.
    """

    number: int
    due_at: datetime
    first_index: int
    count: int

    @property
    def indexes(self) -> range:
        """The records of the batch."""
        return range(self.first_index, self.first_index + self.count)

    def to_row(self) -> JsonObject:
        """Its line in ``batches.jsonl`` and so the input of its child execution."""
        due_at = to_iso_utc(self.due_at)
        return {"batch": self.number, "dueAt": due_at, "firstIndex": self.first_index, "count": self.count}

    @classmethod
    def from_row(cls, row: JsonObject) -> Self:
        """The batch of such a line."""
        return cls(row["batch"], datetime.fromisoformat(row["dueAt"]), row["firstIndex"], row["count"])


class ArrivalSource(Protocol):
    """Arrivals of ``count`` records in a span of simulated time."""

    @property
    def count(self) -> int:
        """How many arrive."""

    @property
    def start(self) -> datetime:
        """Begin of the span."""

    @property
    def end(self) -> datetime:
        """Its end."""

    def at(self, index: int) -> datetime:
        """When a record arrives, none before the one before it."""


def max_batches(records: int) -> int:
    """How many batches so many records have at most: those that are full, and one more for each slot of due time."""
    return min(records, _slots(records) + 1 + records // BATCH_SIZE)


def map_concurrency(pace: Pace, concurrency: int) -> int:
    """How many batches may run at a time: all that can where they follow the clock, because most of them wait."""
    return concurrency if pace.is_at_once else MAX_MAP_CONCURRENCY


def _slots(records: int) -> int:
    return max(MIN_SLOTS, MAX_MAP_CONCURRENCY - 1 - records // BATCH_SIZE)


def plan_batches(arrivals: ArrivalSource, pace: Pace) -> Iterator[Batch]:
    """Cut the sorted arrivals into batches; a batch ends when it is full or its slot of due time is over."""
    slot = max(MIN_SLOT, (pace.to_real(arrivals.end) - pace.to_real(arrivals.start)) / _slots(arrivals.count))
    number, first, opened = 0, 0, pace.to_real(arrivals.at(0))
    due = opened
    for index in range(1, arrivals.count):
        next_due = pace.to_real(arrivals.at(index))
        if index - first == BATCH_SIZE or next_due - opened >= slot:
            yield Batch(number, _slot_begin(pace, number, due), first, index - first)
            number, first, opened = number + 1, index, next_due
        due = next_due
    yield Batch(number, _slot_begin(pace, number, due), first, arrivals.count - first)


def _slot_begin(pace: Pace, number: int, due: datetime) -> datetime:
    return whole_second(due if pace.is_at_once else max(due, pace.run_start + number * MIN_GAP))


def read_batches(files: SimulationFiles) -> list[Batch]:
    """All batches of a simulation that was planned before, in their order."""
    return [Batch.from_row(row) for row in files.read_lines(file_names.BATCHES) or ()]
