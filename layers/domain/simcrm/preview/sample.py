"""The part of a simulation that a preview looks at, and what happens in it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.batches import BATCH_SIZE, Batch, plan_batches
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.waves import max_waves, plan_waves

EXACT_RECORDS = 3_000
"""Records whose lives are all looked at: a second of a small function."""

MAX_WINDOWS = EXACT_RECORDS // BATCH_SIZE
Step = Counter[ObjectType]
"""What one step of a batch writes, by type."""


@dataclass(slots=True)
class SampleResult:
    """What the records that were looked at hold.

    ``activities`` are objects of their own, ``changes`` events that change one that is there; ``arrivals`` are the
    contact steps of the batches and ``waves`` the others, ``last_due`` is when the last one is due. ``dropped`` counts
    the events that would be due when the execution has ended.
    """

    records: int = 0
    activities: Counter[ObjectType] = field(default_factory=Counter)
    changes: int = 0
    dropped: int = 0
    arrivals: list[Step] = field(default_factory=list)
    waves: list[Step] = field(default_factory=list)
    last_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class _ArrivalWindow:
    """A run of records as if it were all of them."""

    arrivals: ArrivalTimes
    first: int
    count: int

    @property
    def start(self) -> datetime:
        return self.arrivals.start

    @property
    def end(self) -> datetime:
        return self.arrivals.end

    def at(self, index: int) -> datetime:
        return self.arrivals.at(self.first + index)


def choose_batches(plan: SimulationPlan) -> list[Batch]:
    """All batches of a small simulation; of a large one those of windows spread evenly from its first to its last."""
    total = plan.input.total_records
    if total <= EXACT_RECORDS:
        return list(plan_batches(plan.arrivals, plan.pace))
    firsts = (number * (total - BATCH_SIZE) // (MAX_WINDOWS - 1) for number in range(MAX_WINDOWS))
    return [batch for first in firsts for batch in _window_batches(plan, first)]


def _window_batches(plan: SimulationPlan, first: int) -> Iterator[Batch]:
    for batch in plan_batches(_ArrivalWindow(plan.arrivals, first, BATCH_SIZE), plan.pace):
        yield replace(batch, first_index=first + batch.first_index)


def sample_batches(timelines: RecordTimelines, batches: Sequence[Batch]) -> SampleResult:
    """Live through all records of some batches."""
    sample = SampleResult()
    for batch in batches:
        _add(sample, timelines, batch)
    return sample


def _add(sample: SampleResult, timelines: RecordTimelines, batch: Batch) -> None:
    whole = timelines.without_cutoff.for_batch(batch)
    timelines_by_index = dict(
        zip(batch.indexes, (_before_cutoff(life, timelines.plan.pace.cutoff) for life in whole), strict=True)
    )
    made, kept_events = (
        Counter(kind for life in timelines_by_index.values() for kind, _ in _added_objects(life)),
        sum(map(len, timelines_by_index.values())),
    )
    sample.records += batch.count
    sample.activities += made
    sample.changes += kept_events - made.total()
    sample.dropped += sum(map(len, whole)) - kept_events
    sample.arrivals.append(
        Counter({ObjectType.COMPANIES: _count_companies(timelines, batch), ObjectType.CONTACTS: batch.count})
    )
    timed = (
        (event.at, index, place)
        for index, timeline in timelines_by_index.items()
        for place, event in enumerate(timeline)
    )
    waves = plan_waves(timed, timelines.plan.pace, max_waves(timelines.plan.input.total_records))
    sample.waves += [Counter(timelines_by_index[one.index][one.event].object_type for one in wave) for wave in waves]
    due = waves[-1][-1].due_at if waves else batch.due_at
    sample.last_due = due if sample.last_due is None else max(sample.last_due, due)


def _before_cutoff(timeline: Sequence[ActivityEvent], cutoff: datetime | None) -> list[ActivityEvent]:
    """A life that the end of its run cuts off; what is before it is the same with and without that end."""
    return [event for event in timeline if cutoff is None or event.at <= cutoff]


def _added_objects(timeline: Sequence[ActivityEvent]) -> set[tuple[ObjectType, int]]:
    """The objects that a life adds; a stage that is reached later changes one of them, or the contact."""
    return {(event.object_type, event.ordinal) for event in timeline if event.stage is None}


def _count_companies(timelines: RecordTimelines, batch: Batch) -> int:
    """Companies of a batch's contacts, whose indexes rise with the contacts'."""
    ends = (timelines.company_index(batch.first_index), timelines.company_index(batch.indexes[-1]))
    return ends[1] - ends[0] + 1
