"""The part of a simulation that a preview looks at, and what happens in it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.arrivals import Arrivals
from simcrm.planning.batches import BATCH_SIZE, Batch, plan_batches
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.waves import most_waves, plan_waves

EXACT_RECORDS = 3_000
"""Records whose lives are all looked at: a second of a small function."""

WINDOWS = EXACT_RECORDS // BATCH_SIZE
Step = Counter[ObjectType]
"""What one step of a batch writes, by type."""


@dataclass(slots=True)
class Found:
    """What the records that were looked at hold.

    ``activities`` are objects of their own, ``changes`` events that change one that is there; ``arrivals`` are the
    contact steps of the batches and ``waves`` the others, ``last_due`` is when the last of them is due. ``cut`` counts
    the events that would be due when the execution has ended.
    """

    records: int = 0
    activities: Counter[ObjectType] = field(default_factory=Counter)
    changes: int = 0
    cut: int = 0
    arrivals: list[Step] = field(default_factory=list)
    waves: list[Step] = field(default_factory=list)
    last_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    """A run of records as if it were all of them."""

    whole: Arrivals
    first: int
    count: int

    @property
    def start(self) -> datetime:
        return self.whole.start

    @property
    def end(self) -> datetime:
        return self.whole.end

    def at(self, index: int) -> datetime:
        return self.whole.at(self.first + index)


def sampled_batches(plan: SimulationPlan) -> list[Batch]:
    """All batches of a small simulation; of a large one those of windows spread evenly from its first to its last."""
    total = plan.input.total_records
    if total <= EXACT_RECORDS:
        return list(plan_batches(plan.arrivals, plan.pace))
    firsts = (number * (total - BATCH_SIZE) // (WINDOWS - 1) for number in range(WINDOWS))
    return [batch for first in firsts for batch in _of_window(plan, first)]


def _of_window(plan: SimulationPlan, first: int) -> Iterator[Batch]:
    for batch in plan_batches(_Window(plan.arrivals, first, BATCH_SIZE), plan.pace):
        yield replace(batch, first_index=first + batch.first_index)


def look_at(timelines: RecordTimelines, batches: Sequence[Batch]) -> Found:
    """Live through all records of some batches."""
    found = Found()
    for batch in batches:
        _add(found, timelines, batch)
    return found


def _add(found: Found, timelines: RecordTimelines, batch: Batch) -> None:
    whole = timelines.without_cutoff.of_batch(batch)
    lives = dict(zip(batch.indexes, (_in_time(life, timelines.plan.pace.horizon) for life in whole), strict=True))
    made, kept = Counter(kind for life in lives.values() for kind, _ in _objects(life)), sum(map(len, lives.values()))
    found.records += batch.count
    found.activities += made
    found.changes += kept - made.total()
    found.cut += sum(map(len, whole)) - kept
    found.arrivals.append(
        Counter({ObjectType.COMPANIES: _companies(timelines, batch), ObjectType.CONTACTS: batch.count})
    )
    timed = ((event.at, index, place) for index, life in lives.items() for place, event in enumerate(life))
    waves = plan_waves(timed, timelines.plan.pace, most_waves(timelines.plan.input.total_records))
    found.waves += [Counter(lives[one.index][one.event].object_type for one in wave) for wave in waves]
    due = waves[-1][-1].due_at if waves else batch.due_at
    found.last_due = due if found.last_due is None else max(found.last_due, due)


def _in_time(life: Sequence[ActivityEvent], horizon: datetime | None) -> list[ActivityEvent]:
    """A life that the end of its run cuts off; what is before it is the same with and without that end."""
    return [event for event in life if horizon is None or event.at <= horizon]


def _objects(life: Sequence[ActivityEvent]) -> set[tuple[ObjectType, int]]:
    """The objects that a life adds; a stage that is reached later changes one of them, or the contact."""
    return {(event.object_type, event.ordinal) for event in life if event.stage is None}


def _companies(timelines: RecordTimelines, batch: Batch) -> int:
    """Companies of a batch's contacts, whose indexes rise with the contacts'."""
    ends = (timelines.company_index(batch.first_index), timelines.company_index(batch.indexes[-1]))
    return ends[1] - ends[0] + 1
