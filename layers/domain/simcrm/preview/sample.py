"""The sample of a simulation on which a preview is based, and what happens in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.batches import BATCH_SIZE, Batch, plan_batches
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.waves import max_waves, plan_waves

EXACT_RECORDS = 3_000
"""Up to this number of records, all timelines are computed, which takes a small function about a second."""

MAX_WINDOWS = EXACT_RECORDS // BATCH_SIZE
Step = Counter[ObjectType]
"""The number of objects that one step of a batch writes, by type."""


@dataclass(slots=True)
class SampleResult:
    """Totals over the sampled records.

    ``activities`` counts new objects, ``changes`` events that change an existing object. ``arrivals`` are the batches'
    contact steps, ``waves`` all other steps; ``last_due`` is when the last step is due. ``dropped`` counts events that
    would be due after the end of the execution.
    """

    records: int = 0
    activities: Counter[ObjectType] = field(default_factory=Counter)
    changes: int = 0
    dropped: int = 0
    arrivals: list[Step] = field(default_factory=list)
    waves: list[Step] = field(default_factory=list)
    last_due: datetime | None = None


def choose_batches(plan: SimulationPlan) -> list[Batch]:
    """Return all batches of a small simulation, or those of evenly spaced windows across a large one."""
    total = plan.input.total_records
    if total <= EXACT_RECORDS:
        return list(plan_batches(plan.arrivals, plan.pace))
    firsts = (number * (total - BATCH_SIZE) // (MAX_WINDOWS - 1) for number in range(MAX_WINDOWS))
    windows = (range(first, first + BATCH_SIZE) for first in firsts)
    return [batch for window in windows for batch in plan_batches(plan.arrivals, plan.pace, window)]


def sample_batches(timelines: RecordTimelines, batches: Sequence[Batch]) -> SampleResult:
    """Compute the timelines of all records in some batches."""
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
    """Return the events up to the cut-off, which are the same with and without one."""
    return [event for event in timeline if cutoff is None or event.at <= cutoff]


def _added_objects(timeline: Sequence[ActivityEvent]) -> set[tuple[ObjectType, int]]:
    """Return the objects that a timeline adds; stage changes modify one of them or the contact."""
    return {(event.object_type, event.ordinal) for event in timeline if event.stage is None}


def _count_companies(timelines: RecordTimelines, batch: Batch) -> int:
    """Count the companies of a batch's contacts; company indexes ascend with contact indexes."""
    ends = (timelines.company_index(batch.first_index), timelines.company_index(batch.indexes[-1]))
    return ends[1] - ends[0] + 1
