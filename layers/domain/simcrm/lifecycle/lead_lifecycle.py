"""The life of one lead: a pure function of seed, index and scenario."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypedDict
from zoneinfo import ZoneInfo

from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.lifecycle.stage_changes import Cause, as_history
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DealPipeline
from simcrm.models.lead_events import STAGES, ActivityEvent, DealOutcome, DealState, LifecycleStage, Moment
from simcrm.synthetic.scenario import ActivityRule, ScenarioParameters
from simcrm.synthetic.seeded_random import Draws, Seed, Stream

QUALIFIED_SHARE = 0.62
"""Leads that marketing qualifies."""

REGRESSED_SHARE = 0.3
"""Of the others, those that were in talks before they cooled down."""

OPPORTUNITY_SHARE = 0.7
"""Qualified leads that become a deal."""


SUPPORT_SHARE = 0.2
"""Customers that write to support within ``SUPPORT_DAYS`` of their purchase."""

SUPPORT_DAYS = (4, 45)


class _Part(IntEnum):
    """Draws of their own, so that what is hidden by a horizon does not change what came before."""

    COURSE = 0
    FOLLOW_UPS = 1
    SUPPORT = 2


class World(TypedDict):
    """What a life happens in: the scenario's rhythm, the portal's pipeline, and the end of what has happened.

    ``unfolds`` where it is written as it happens, so that changes of stage are events.
    """

    parameters: ScenarioParameters
    pipeline: DealPipeline
    horizon: datetime | None
    unfolds: bool


GREENWICH = ZoneInfo("UTC")


def life_of_lead(
    seed: Seed,
    index: int,
    arrived_at: datetime,
    *,
    parameters: ScenarioParameters,
    pipeline: DealPipeline,
    horizon: datetime | None = None,
    unfolds: bool = False,
    zone: ZoneInfo = GREENWICH,
) -> list[ActivityEvent]:
    """All activities of a record in the order they happen, none after ``horizon``, in working time of ``zone``.

    A deal whose end lies beyond the horizon is open, on the stage it has reached by then. With ``unfolds`` each change
    of stage is an event of its own.
    """
    draws = seed.draws(Stream.LIFE, index, _Part.COURSE)
    causes, deal = _course(draws, arrived_at, parameters, pipeline, horizon=horizon, zone=zone)
    happened = [cause for cause in causes if horizon is None or cause.at <= horizon]
    drafts = [draft for cause in happened for draft in _reactions(draws, cause, parameters.rules, zone)]
    if deal is not None and (horizon is None or deal.opened_at <= horizon):
        drafts.append((deal.opened_at, ObjectType.DEALS, Moment.OPPORTUNITY))
        drafts += _follow_ups(seed.draws(Stream.LIFE, index, _Part.FOLLOW_UPS), deal, parameters, zone)
        drafts += _support(seed.draws(Stream.LIFE, index, _Part.SUPPORT), deal, zone)
    else:
        deal = None
    events = list(_number(sorted(drafts, key=_order), deal, parameters))
    life = as_history(events, happened, pipeline) if unfolds else events
    return [event for event in life if horizon is None or event.at <= horizon]


def stage_of_lead(
    seed: Seed,
    index: int,
    arrived_at: datetime,
    *,
    parameters: ScenarioParameters,
    pipeline: DealPipeline,
    horizon: datetime | None = None,
    unfolds: bool = False,
    zone: ZoneInfo = GREENWICH,
) -> LifecycleStage:
    """How far the contact has come when it is written: at once by the horizon, else nowhere yet."""
    if unfolds:
        return LifecycleStage.LEAD
    world: World = {"parameters": parameters, "pipeline": pipeline, "horizon": horizon, "unfolds": unfolds}
    reached = [cause.moment for cause in turning_points(seed, index, arrived_at, world, zone)]
    return max((STAGES[moment] for moment in reached), key=list(LifecycleStage).index)


def turning_points(seed: Seed, index: int, arrived_at: datetime, world: World, zone: ZoneInfo) -> list[Cause]:
    """What causes the activities of a record, in the order it happens, none after the world's horizon."""
    draws, horizon = seed.draws(Stream.LIFE, index, _Part.COURSE), world["horizon"]
    causes, _ = _course(draws, arrived_at, world["parameters"], world["pipeline"], horizon=horizon, zone=zone)
    return [cause for cause in causes if horizon is None or cause.at <= horizon]


def _course(
    draws: Draws,
    arrived_at: datetime,
    parameters: ScenarioParameters,
    pipeline: DealPipeline,
    *,
    horizon: datetime | None,
    zone: ZoneInfo,
) -> tuple[list[Cause], DealState | None]:
    """The turning points of a lead and its deal, if it comes to one."""
    cycle = timedelta(days=parameters.sales_cycle_days)
    causes = [Cause(Moment.CREATED, arrived_at)]
    turned_at = arrived_at + cycle * (0.03 + 0.17 * draws.uniform())
    if not draws.chance(QUALIFIED_SHARE):
        if draws.chance(REGRESSED_SHARE):
            causes.append(Cause(Moment.REGRESSED, turned_at))
        return causes, None
    causes.append(Cause(Moment.QUALIFIED, turned_at))
    if not draws.chance(OPPORTUNITY_SHARE):
        return causes, None
    opened_at = next_working_moment(turned_at + cycle * (0.02 + 0.1 * draws.uniform()), zone)
    closes_at = next_working_moment(opened_at + cycle * max(0.2, 0.8 + 0.3 * draws.normal()), zone)
    won = draws.chance(parameters.win_rate)
    causes.append(Cause(Moment.OPPORTUNITY, opened_at))
    if horizon is not None and closes_at > horizon:
        progress = (horizon - opened_at) / (closes_at - opened_at)
        return causes, DealState(pipeline.stage_at(progress), DealOutcome.OPEN, opened_at, closes_at)
    causes.append(Cause(Moment.WON if won else Moment.LOST, closes_at))
    outcome = DealOutcome.WON if won else DealOutcome.LOST
    return causes, DealState(pipeline.won if won else pipeline.lost, outcome, opened_at, closes_at)


_Draft = tuple[datetime, ObjectType, Moment]


def _reactions(draws: Draws, cause: Cause, rules: tuple[ActivityRule, ...], zone: ZoneInfo) -> Iterator[_Draft]:
    """What a turning point causes, by the scenario's rules."""
    caused: set[ObjectType] = set()
    for rule in rules:
        if rule.moment is not cause.moment or rule.unless in caused:
            continue
        happens, shift = draws.chance(rule.probability), draws.uniform() * 2 - 1
        if happens:
            caused.add(rule.object_type)
            delay = timedelta(minutes=max(1.0, rule.delay_minutes + shift * rule.delay_spread_minutes))
            yield next_working_moment(cause.at + delay, zone), rule.object_type, cause.moment


def _follow_ups(draws: Draws, deal: DealState, parameters: ScenarioParameters, zone: ZoneInfo) -> Iterator[_Draft]:
    """What a seller does between the opening of a deal and its end."""
    habits = {
        ObjectType.NOTES: parameters.notes_per_lead,
        ObjectType.CALLS: parameters.calls_per_lead,
        ObjectType.TASKS: parameters.tasks_per_lead,
    }
    for kind, habit in habits.items():
        for _ in range(habit.low + draws.below(habit.high - habit.low + 1)):
            at = deal.opened_at + (deal.closes_at - deal.opened_at) * (0.03 + 0.9 * draws.uniform())
            yield next_working_moment(at, zone), kind, Moment.OPPORTUNITY


def _support(draws: Draws, deal: DealState, zone: ZoneInfo) -> Iterator[_Draft]:
    """The ticket of a customer whose purchase raised a question."""
    earliest, latest = SUPPORT_DAYS
    happens, wait = draws.chance(SUPPORT_SHARE), timedelta(days=earliest + (latest - earliest) * draws.uniform())
    if happens and deal.outcome is DealOutcome.WON:
        yield next_working_moment(deal.closes_at + wait, zone), ObjectType.TICKETS, Moment.SUPPORT


def _number(drafts: list[_Draft], deal: DealState | None, parameters: ScenarioParameters) -> Iterator[ActivityEvent]:
    """Count activities by type, leave out what is over a cap, and say which belong to the deal."""
    counts: Counter[ObjectType] = Counter()
    for at, kind, moment in drafts:
        ordinal = counts[kind]
        if ordinal < parameters.caps.get(kind, ordinal + 1):
            counts[kind] += 1
            belongs = deal if deal is not None and at >= deal.opened_at else None
            yield ActivityEvent(kind, ordinal, at, moment, belongs)


def _order(draft: _Draft) -> tuple[datetime, str]:
    at, kind, _ = draft
    return at, kind
