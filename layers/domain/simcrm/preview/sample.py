"""The sample of a simulation on which a preview is based, and what happens in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.waves import plan_waves

EXACT_RECORDS = 3_000
"""Up to this number of records, all histories are simulated, which takes a small function a few seconds."""

WINDOW_RECORDS = 300
"""Enough for several batches, because a window's last one is rarely full."""

MAX_WINDOWS = EXACT_RECORDS // WINDOW_RECORDS
Step = Counter[ObjectType]
"""The number of objects that one step of a batch writes, by type."""


@dataclass(slots=True)
class SampleResult:
    """Totals over the sampled records.

    ``activities`` counts new objects, ``changes`` events that change an existing object. ``arrivals`` are the batches'
    contact steps, ``waves`` all other steps, and ``updates`` the objects in each of them that earlier steps wrote;
    ``last_due`` is when the last step is due. ``dropped`` counts events that would be due after the end of the
    execution.
    """

    records: int = 0
    activities: Counter[ObjectType] = field(default_factory=Counter)
    changes: int = 0
    dropped: int = 0
    arrivals: list[Step] = field(default_factory=list)
    waves: list[Step] = field(default_factory=list)
    updates: list[Step] = field(default_factory=list)
    last_due: datetime | None = None


def choose_batches(histories: AccountHistories) -> list[Batch]:
    """Return all batches of a small simulation, or those of evenly spaced windows across a large one."""
    plan, accounts = histories.plan, histories.arrivals.count
    if plan.total_records <= EXACT_RECORDS:
        return list(histories.batches())
    size = max(1, accounts * WINDOW_RECORDS // plan.total_records)
    firsts = (number * (accounts - size) // (MAX_WINDOWS - 1) for number in range(MAX_WINDOWS))
    return [batch for first in firsts for batch in histories.batches(range(first, first + size))]


def sample_batches(histories: AccountHistories, batches: Sequence[Batch]) -> SampleResult:
    """Simulate the histories of all accounts in some batches."""
    sample, whole = SampleResult(), histories.without_cutoff
    for batch in batches:
        _add(sample, whole, batch, histories.cutoff)
    return sample


def _add(sample: SampleResult, whole: AccountHistories, batch: Batch, cutoff: datetime | None) -> None:
    events_by_index = {index: _written_events(whole, index) for index in batch.indexes}
    kept = {index: _before_cutoff(events, cutoff, whole) for index, events in events_by_index.items()}
    added = Counter(kind for events in kept.values() for kind, _ in _added_objects(events))
    entered = sum(event.is_entry for events in kept.values() for event in events)
    kept_events = sum(map(len, kept.values()))
    sample.records += batch.count
    sample.activities += added
    sample.changes += kept_events - added.total() - entered
    sample.dropped += sum(map(len, events_by_index.values())) - kept_events
    sample.arrivals.append(
        Counter({ObjectType.COMPANIES: len(whole.accounts(batch)), ObjectType.CONTACTS: batch.count - entered})
    )
    timed = ((event.at, index, place) for index, events in kept.items() for place, event in enumerate(events))
    waves = plan_waves(timed, whole.plan.pace, whole.max_waves)
    happening = [[(one.index, kept[one.index][one.event]) for one in wave] for wave in waves]
    sample.waves += [Counter(event.object_type for _, event in wave) for wave in happening]
    sample.updates += [_updated_objects(wave) for wave in happening]
    due = waves[-1][-1].due_at if waves else batch.due_at
    sample.last_due = due if sample.last_due is None else max(sample.last_due, due)


def _written_events(whole: AccountHistories, index: int) -> list[ActivityEvent]:
    """Return the events of a contact without those of types that the run omits."""
    omitted = whole.plan.omitted_types
    events = whole.events(index)
    return [event for event in events if event.object_type not in omitted] if omitted else events


def _updated_objects(wave: Sequence[tuple[int, ActivityEvent]]) -> Step:
    """Count the objects that a wave changes without creating them; ``wave`` holds its events with their contacts."""
    changed = {(event.object_type, index, event.ordinal) for index, event in wave if event.is_change}
    created = {(event.object_type, index, event.ordinal) for index, event in wave if not event.is_change}
    return Counter(kind for kind, _, _ in changed - created)


def _before_cutoff(
    events: Sequence[ActivityEvent], cutoff: datetime | None, whole: AccountHistories
) -> list[ActivityEvent]:
    """Return the events up to the cut-off, which are the same with and without one if time passes."""
    return [event for event in events if cutoff is None or not whole.follows_clock or event.at <= cutoff]


def _added_objects(events: Sequence[ActivityEvent]) -> set[tuple[ObjectType, int]]:
    """Return the objects that events add beside contacts; changes modify one of them or the contact."""
    return {(event.object_type, event.ordinal) for event in events if event.object_type is not ObjectType.CONTACTS}
