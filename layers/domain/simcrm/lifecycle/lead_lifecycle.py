"""The timeline of one lead: a pure function of seed, index and scenario."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypedDict
from zoneinfo import ZoneInfo

from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.lifecycle.stage_changes import with_stage_changes
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.lead_events import (
    STAGE_AFTER_TRIGGER,
    ActivityEvent,
    DealOutcome,
    DealState,
    LifecycleStage,
    LifecycleTrigger,
    TriggerEvent,
)
from simcrm.synthetic.scenario import ActivityRule, ScenarioParameters
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom

QUALIFIED_SHARE = 0.62
"""The share of leads that marketing qualifies."""

REGRESSED_SHARE = 0.3
"""The share of unqualified leads that were in talks before they went cold."""

OPPORTUNITY_SHARE = 0.7
"""The share of qualified leads that become a deal."""


SUPPORT_SHARE = 0.2
"""The share of customers that contact support within ``SUPPORT_DAYS`` after their purchase."""

SUPPORT_DAYS = (4, 45)


class _SubStream(IntEnum):
    """Separate draws, so that what a cut-off hides does not change what happened before."""

    COURSE = 0
    FOLLOW_UPS = 1
    SUPPORT = 2


class LifecycleSettings(TypedDict):
    """The setting of a timeline: the scenario's parameters, the portal's pipeline, and the cut-off.

    ``emit_stage_changes`` is true if activities are written as they happen, so that stage changes are events.
    """

    parameters: ScenarioParameters
    pipeline: DealPipeline
    cutoff: datetime | None
    emit_stage_changes: bool


UTC_ZONE = ZoneInfo("UTC")


def simulate_lead(
    seed: SeedSequence,
    index: int,
    arrived_at: datetime,
    *,
    parameters: ScenarioParameters,
    pipeline: DealPipeline,
    cutoff: datetime | None = None,
    emit_stage_changes: bool = False,
    zone: ZoneInfo = UTC_ZONE,
) -> list[ActivityEvent]:
    """Return a record's activities in chronological order, none after ``cutoff``, in business hours of ``zone``.

    A deal that closes after the cut-off is open, at the stage it has reached by then. With ``emit_stage_changes``, each
    stage change is a separate event.
    """
    rng = seed.stream(RandomStream.LIFECYCLE, index, _SubStream.COURSE)
    triggers, deal = _simulate_course(rng, arrived_at, parameters, pipeline, cutoff=cutoff, zone=zone)
    triggers_so_far = [cause for cause in triggers if cutoff is None or cause.at <= cutoff]
    drafts = [draft for cause in triggers_so_far for draft in _triggered_activities(rng, cause, parameters.rules, zone)]
    if deal is not None and (cutoff is None or deal.opened_at <= cutoff):
        drafts.append((deal.opened_at, ObjectType.DEALS, LifecycleTrigger.OPPORTUNITY))
        drafts += _follow_up_activities(
            seed.stream(RandomStream.LIFECYCLE, index, _SubStream.FOLLOW_UPS), deal, parameters, zone
        )
        drafts += _support_activities(seed.stream(RandomStream.LIFECYCLE, index, _SubStream.SUPPORT), deal, zone)
    else:
        deal = None
    events = list(_number_activities(sorted(drafts, key=_order), deal, parameters))
    timeline = with_stage_changes(events, triggers_so_far, pipeline) if emit_stage_changes else events
    return [event for event in timeline if cutoff is None or event.at <= cutoff]


def initial_stage(
    seed: SeedSequence,
    index: int,
    arrived_at: datetime,
    *,
    parameters: ScenarioParameters,
    pipeline: DealPipeline,
    cutoff: datetime | None = None,
    emit_stage_changes: bool = False,
    zone: ZoneInfo = UTC_ZONE,
) -> LifecycleStage:
    """Return the contact's stage when it is written: the stage at the cut-off, or LEAD if stage changes are events."""
    if emit_stage_changes:
        return LifecycleStage.LEAD
    world: LifecycleSettings = {
        "parameters": parameters,
        "pipeline": pipeline,
        "cutoff": cutoff,
        "emit_stage_changes": emit_stage_changes,
    }
    reached = [cause.trigger for cause in lifecycle_triggers(seed, index, arrived_at, world, zone)]
    return max((STAGE_AFTER_TRIGGER[moment] for moment in reached), key=list(LifecycleStage).index)


def lifecycle_triggers(
    seed: SeedSequence, index: int, arrived_at: datetime, settings: LifecycleSettings, zone: ZoneInfo
) -> list[TriggerEvent]:
    """Return the events that trigger a record's activities in chronological order, none after the cut-off."""
    rng, cutoff = seed.stream(RandomStream.LIFECYCLE, index, _SubStream.COURSE), settings["cutoff"]
    triggers, _ = _simulate_course(
        rng, arrived_at, settings["parameters"], settings["pipeline"], cutoff=cutoff, zone=zone
    )
    return [cause for cause in triggers if cutoff is None or cause.at <= cutoff]


def _simulate_course(
    rng: StreamRandom,
    arrived_at: datetime,
    parameters: ScenarioParameters,
    pipeline: DealPipeline,
    *,
    cutoff: datetime | None,
    zone: ZoneInfo,
) -> tuple[list[TriggerEvent], DealState | None]:
    """Return the turning points of a lead, and its deal if it gets one."""
    cycle = timedelta(days=parameters.sales_cycle_days)
    triggers = [TriggerEvent(LifecycleTrigger.CREATED, arrived_at)]
    turned_at = arrived_at + cycle * (0.03 + 0.17 * rng.uniform())
    if not rng.bernoulli(QUALIFIED_SHARE):
        if rng.bernoulli(REGRESSED_SHARE):
            triggers.append(TriggerEvent(LifecycleTrigger.REGRESSED, turned_at))
        return triggers, None
    triggers.append(TriggerEvent(LifecycleTrigger.QUALIFIED, turned_at))
    if not rng.bernoulli(OPPORTUNITY_SHARE):
        return triggers, None
    opened_at = next_working_moment(turned_at + cycle * (0.02 + 0.1 * rng.uniform()), zone)
    closes_at = next_working_moment(opened_at + cycle * max(0.2, 0.8 + 0.3 * rng.normal()), zone)
    won = rng.bernoulli(parameters.win_rate)
    triggers.append(TriggerEvent(LifecycleTrigger.OPPORTUNITY, opened_at))
    if cutoff is not None and closes_at > cutoff:
        progress = (cutoff - opened_at) / (closes_at - opened_at)
        return triggers, DealState(pipeline.stage_at(progress), DealOutcome.OPEN, opened_at, closes_at)
    triggers.append(TriggerEvent(LifecycleTrigger.WON if won else LifecycleTrigger.LOST, closes_at))
    outcome = DealOutcome.WON if won else DealOutcome.LOST
    return triggers, DealState(pipeline.won if won else pipeline.lost, outcome, opened_at, closes_at)


_PlannedActivity = tuple[datetime, ObjectType, LifecycleTrigger]


def _triggered_activities(
    rng: StreamRandom, trigger: TriggerEvent, rules: tuple[ActivityRule, ...], zone: ZoneInfo
) -> Iterator[_PlannedActivity]:
    """Yield the activities that a turning point triggers by the scenario's rules."""
    caused: set[ObjectType] = set()
    for rule in rules:
        if rule.moment is not trigger.trigger or rule.unless in caused:
            continue
        happens, shift = rng.bernoulli(rule.probability), rng.uniform() * 2 - 1
        if happens:
            caused.add(rule.object_type)
            delay = timedelta(minutes=max(1.0, rule.delay_minutes + shift * rule.delay_spread_minutes))
            yield next_working_moment(trigger.at + delay, zone), rule.object_type, trigger.trigger


def _follow_up_activities(
    rng: StreamRandom, deal: DealState, parameters: ScenarioParameters, zone: ZoneInfo
) -> Iterator[_PlannedActivity]:
    """Yield a seller's activities between the opening and the close of a deal."""
    habits = {
        ObjectType.NOTES: parameters.notes_per_lead,
        ObjectType.CALLS: parameters.calls_per_lead,
        ObjectType.TASKS: parameters.tasks_per_lead,
    }
    for kind, habit in habits.items():
        for _ in range(habit.low + rng.randbelow(habit.high - habit.low + 1)):
            at = deal.opened_at + (deal.closes_at - deal.opened_at) * (0.03 + 0.9 * rng.uniform())
            yield next_working_moment(at, zone), kind, LifecycleTrigger.OPPORTUNITY


def _support_activities(rng: StreamRandom, deal: DealState, zone: ZoneInfo) -> Iterator[_PlannedActivity]:
    """Yield the support ticket of a customer, if there is one."""
    earliest, latest = SUPPORT_DAYS
    happens, wait = rng.bernoulli(SUPPORT_SHARE), timedelta(days=earliest + (latest - earliest) * rng.uniform())
    if happens and deal.outcome is DealOutcome.WON:
        yield next_working_moment(deal.closes_at + wait, zone), ObjectType.TICKETS, LifecycleTrigger.SUPPORT


def _number_activities(
    drafts: list[_PlannedActivity], deal: DealState | None, parameters: ScenarioParameters
) -> Iterator[ActivityEvent]:
    """Number activities by type, leave out those above a cap, and assign those that belong to the deal."""
    counts: Counter[ObjectType] = Counter()
    for at, kind, moment in drafts:
        ordinal = counts[kind]
        if ordinal < parameters.caps.get(kind, ordinal + 1):
            counts[kind] += 1
            belongs = deal if deal is not None and at >= deal.opened_at else None
            yield ActivityEvent(kind, ordinal, at, moment, belongs)


def _order(draft: _PlannedActivity) -> tuple[datetime, str]:
    at, kind, _ = draft
    return at, kind
