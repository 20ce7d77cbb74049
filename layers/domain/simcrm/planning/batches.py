"""Batches: up to 100 records that are due together, the unit of a child execution."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.time_mapping import Pace, whole_second
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

if TYPE_CHECKING:
    from simcrm.planning.arrivals import ArrivalTimes

BATCH_SIZE = 100
"""HubSpot accepts up to 100 inputs per batch call."""

MAX_MAP_CONCURRENCY = 10_000
"""Maximum number of child executions that Step Functions runs in parallel. In a run that follows the clock, children
last as long as their leads' timelines, so more of them would keep later batches from starting on time."""

MIN_SLOTS = 1_000

MIN_GAP = timedelta(milliseconds=250)
"""Minimum gap between the starts of batches that may all run in parallel, so that batches already overdue when a run
starts do not flood the functions. Batches due within the same second start together."""

MIN_SLOT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records ``first_index`` to ``first_index + count - 1``, all of which have arrived by ``due_at``.

    ``due_at`` is real time in whole seconds.
    """

    number: int
    due_at: datetime
    first_index: int
    count: int

    @property
    def indexes(self) -> range:
        """The indexes of the batch's records."""
        return range(self.first_index, self.first_index + self.count)

    def to_row(self) -> JsonObject:
        """Return the batch's row in ``batches.jsonl``, which is also the input of its child execution."""
        due_at = to_iso_utc(self.due_at)
        return {"batch": self.number, "dueAt": due_at, "firstIndex": self.first_index, "count": self.count}

    @classmethod
    def from_row(cls, row: JsonObject) -> Self:
        """Create a batch from its row in ``batches.jsonl``."""
        return cls(row["batch"], datetime.fromisoformat(row["dueAt"]), row["firstIndex"], row["count"])


def max_batches(records: int) -> int:
    """Return the maximum number of batches for this many records: full ones plus one for each slot of due time."""
    return min(records, _slots(records) + 1 + records // BATCH_SIZE)


def map_concurrency(pace: Pace, concurrency: int) -> int:
    """Return how many batches may run in parallel: ``MAX_MAP_CONCURRENCY`` by the clock, because most of them wait."""
    return concurrency if pace.is_at_once else MAX_MAP_CONCURRENCY


def _slots(records: int) -> int:
    return max(MIN_SLOTS, MAX_MAP_CONCURRENCY - 1 - records // BATCH_SIZE)


def plan_batches(arrivals: "ArrivalTimes", pace: Pace, window: range | None = None) -> Iterator[Batch]:
    """Divide the sorted arrivals into batches; a batch ends when it is full or its slot of due time is over.

    The records of a ``window`` are divided as if there were no others.
    """
    indexes = range(arrivals.count) if window is None else window
    slot = max(MIN_SLOT, (pace.to_real(arrivals.end) - pace.to_real(arrivals.start)) / _slots(len(indexes)))
    number, first, opened = 0, indexes[0], pace.to_real(arrivals.at(indexes[0]))
    due = opened
    for index in indexes[1:]:
        next_due = pace.to_real(arrivals.at(index))
        if index - first == BATCH_SIZE or next_due - opened >= slot:
            yield Batch(number, _slot_begin(pace, number, due), first, index - first)
            number, first, opened = number + 1, index, next_due
        due = next_due
    yield Batch(number, _slot_begin(pace, number, due), first, indexes.stop - first)


def _slot_begin(pace: Pace, number: int, due: datetime) -> datetime:
    return whole_second(due if pace.is_at_once else max(due, pace.run_start + number * MIN_GAP))


def read_batches(files: SimulationFiles) -> list[Batch]:
    """Return all batches of a planned simulation, in order."""
    return [Batch.from_row(row) for row in files.read_lines(file_names.BATCHES) or ()]
