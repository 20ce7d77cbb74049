"""Batches: whole accounts of up to 100 records that are due together, the unit of a child execution."""

from collections.abc import Callable, Iterator
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

MAX_WAVES = 500
"""Maximum waves per batch: a child execution's history is limited to 25,000 events, and a wave with retries has 35."""

MAX_RUN_WAVES = 500_000
"""Maximum waves per run: each takes three state transitions, so they cost at most 38 US dollars."""

MIN_SLOTS = 1_000

MIN_GAP = timedelta(milliseconds=250)
"""Minimum gap between the starts of batches that may all run in parallel, so that batches already overdue when a run
starts do not flood the functions. Batches due within the same second start together."""

MIN_SLOT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records ``first_index`` to ``first_index + count - 1``, all of whose accounts have arrived by ``due_at``.

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


def max_batches(records: int, largest_account: int = 1) -> int:
    """Return the maximum number of batches for this many records: full ones plus one for each slot of due time.

    A batch is full if the next account, of ``largest_account`` records at most, does not fit into it.
    """
    return min(records, _slots(records, largest_account) + 1 + _full_batches(records, largest_account))


def max_waves(records: int, largest_account: int = 1) -> int:
    """Return the maximum number of waves per batch in a run with this many records."""
    return min(MAX_WAVES, MAX_RUN_WAVES // max_batches(records, largest_account))


def map_concurrency(pace: Pace, concurrency: int) -> int:
    """Return how many batches may run in parallel: ``MAX_MAP_CONCURRENCY`` by the clock, because most of them wait."""
    return concurrency if pace.is_at_once else MAX_MAP_CONCURRENCY


def _full_batches(records: int, largest_account: int) -> int:
    return records // (BATCH_SIZE + 1 - largest_account)


def _slots(records: int, largest_account: int) -> int:
    return max(MIN_SLOTS, MAX_MAP_CONCURRENCY - 1 - _full_batches(records, largest_account))


def _one_contact(account: int) -> range:
    return range(account, account + 1)


def plan_batches(
    arrivals: "ArrivalTimes",
    pace: Pace,
    contacts: Callable[[int], range] = _one_contact,
    accounts: range | None = None,
    largest_account: int = 1,
) -> Iterator[Batch]:
    """Divide accounts into batches, each whole; a batch ends when it is full or its slot of due time is over.

    Args:
        arrivals: the sorted arrival times of all accounts.
        pace: how simulated time maps to real time.
        contacts: returns the indexes of an account's contacts.
        accounts: the accounts to divide as if there were no others; by default all.
        largest_account: the maximum number of contacts of an account.
    """
    numbers = range(arrivals.count) if accounts is None else accounts
    records = contacts(numbers[-1]).stop - contacts(numbers[0]).start
    whole = pace.to_real(arrivals.end) - pace.to_real(arrivals.start)
    slot = max(MIN_SLOT, whole / _slots(records, largest_account))
    number, first, opened = 0, contacts(numbers[0]).start, pace.to_real(arrivals.at(numbers[0]))
    due, end = opened, first
    for account in numbers:
        next_due, indexes = pace.to_real(arrivals.at(account)), contacts(account)
        if end > first and (indexes.stop - first > BATCH_SIZE or next_due - opened >= slot):
            yield Batch(number, _slot_begin(pace, number, due), first, end - first)
            number, first, opened = number + 1, indexes.start, next_due
        due, end = next_due, indexes.stop
    yield Batch(number, _slot_begin(pace, number, due), first, end - first)


def _slot_begin(pace: Pace, number: int, due: datetime) -> datetime:
    return whole_second(due if pace.is_at_once else max(due, pace.run_start + number * MIN_GAP))


def read_batches(files: SimulationFiles) -> list[Batch]:
    """Return all batches of a planned simulation, in order."""
    return [Batch.from_row(row) for row in files.read_lines(file_names.BATCHES) or ()]
