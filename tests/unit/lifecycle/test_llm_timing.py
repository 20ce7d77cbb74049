"""Times that a model proposes: taken where the life allows it, else the rules' time stays."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import START

from simcrm.lifecycle import (
    LifecycleSettings,
    apply_proposed_times,
    default_delay_minutes,
    lifecycle_triggers,
    simulate_lead,
)
from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.lifecycle.llm_timing import MAX_DELAY_FACTOR, MOVABLE, RetimedLead
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger, TriggerEvent
from simcrm.synthetic import load_scenario
from simcrm.synthetic.seeded_random import SeedSequence

UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
NOTES, CALLS, TASKS, TICKETS, DEALS = (
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
    ObjectType.DEALS,
)


def after(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def event(
    minutes: float, kind: ObjectType = NOTES, ordinal: int = 0, moment: LifecycleTrigger = LifecycleTrigger.CREATED
) -> ActivityEvent:
    return ActivityEvent(kind, ordinal, after(minutes), moment)


ARRIVED = TriggerEvent(LifecycleTrigger.CREATED, MONDAY)


def apply_times(
    events: list[ActivityEvent],
    proposals: list[int | None],
    *causes: TriggerEvent,
    zone: ZoneInfo = UTC_ZONE,
    cutoff: datetime | None = None,
) -> RetimedLead:
    return apply_proposed_times(events, [ARRIVED, *causes], proposals, zone=zone, cutoff=cutoff)


def event_minutes(timing: RetimedLead) -> list[float]:
    return [(each.at - MONDAY) / timedelta(minutes=1) for each in timing.events]


@pytest.mark.parametrize("minutes", [1, 7, 29, 30, 60, 90])
def test_a_proposal_within_bounds_is_taken(minutes: int) -> None:
    timing = apply_times([event(30)], [minutes])

    assert event_minutes(timing) == [minutes]
    assert (timing.by_model, timing.by_default) == (1, 0)


@pytest.mark.parametrize("minutes", [None, 0, -5, 91, 10_000_000])
def test_without_a_usable_proposal_the_rules_time_stays(minutes: int | None) -> None:
    timing = apply_times([event(30)], [minutes])

    assert event_minutes(timing) == [30]
    assert (timing.by_model, timing.by_default) == (0, 1)


def test_only_the_time_of_an_event_changes() -> None:
    before = event(30, CALLS, 4)

    (moved,) = apply_times([before], [40]).events

    assert (moved.object_type, moved.ordinal, moved.trigger, moved.deal) == (CALLS, 4, LifecycleTrigger.CREATED, None)


def test_a_proposal_at_night_is_put_off_to_working_time_of_the_place() -> None:
    timing = apply_times([event(600)], [500], zone=ZoneInfo("America/New_York"))

    assert timing.by_model == 1
    assert timing.events[0].at == after(500)
    assert apply_times([event(1500)], [500]).events[0].at == next_working_moment(after(500), UTC_ZONE) != after(500)


def test_a_proposal_that_working_time_puts_off_too_far_is_refused() -> None:
    assert event_minutes(apply_times([event(470)], [481])) == [470]
    assert event_minutes(apply_times([event(200)], [500])) == [200]


def test_nothing_happens_after_the_horizon() -> None:
    assert event_minutes(apply_times([event(30)], [60], cutoff=after(59))) == [30]
    assert event_minutes(apply_times([event(30)], [60], cutoff=after(60))) == [60]


def test_activities_do_not_change_places() -> None:
    assert event_minutes(apply_times([event(30), event(40, ordinal=1)], [50, None])) == [30, 40]
    assert event_minutes(apply_times([event(30), event(40, ordinal=1)], [None, 20])) == [30, 40]
    assert event_minutes(apply_times([event(30), event(40, ordinal=1)], [50, 70])) == [50, 70]


def test_of_proposals_that_contradict_each_other_most_are_taken() -> None:
    events = [event(30), event(40, ordinal=1), event(50, ordinal=2), event(60, ordinal=3)]

    timing = apply_times(events, [80, 35, 45, 55])

    assert event_minutes(timing) == [30, 35, 45, 55]
    assert (timing.by_model, timing.by_default) == (3, 1)


def test_an_activity_stays_on_its_side_of_a_turning_point() -> None:
    qualified = TriggerEvent(LifecycleTrigger.QUALIFIED, after(60))

    assert event_minutes(apply_times([event(30)], [61], qualified)) == [30]
    assert event_minutes(apply_times([event(70)], [59], qualified)) == [70]
    assert event_minutes(apply_times([event(70)], [60], qualified)) == [60]


def test_support_counts_from_the_purchase() -> None:
    won, ticket = TriggerEvent(LifecycleTrigger.WON, after(60)), event(160, TICKETS, 0, LifecycleTrigger.SUPPORT)

    assert default_delay_minutes(ticket, [ARRIVED, won]) == 100
    assert event_minutes(apply_times([ticket], [200], won)) == [260]


def test_a_deal_does_not_move_and_counts_for_nobody() -> None:
    deal = event(30, DEALS, 0, LifecycleTrigger.OPPORTUNITY)
    opened = TriggerEvent(LifecycleTrigger.OPPORTUNITY, after(30))

    timing = apply_times([deal], [40], opened)

    assert default_delay_minutes(deal, [ARRIVED, opened]) is None
    assert timing == RetimedLead([deal], 0, 0)


@pytest.mark.parametrize("emit_stage_changes", [False, True])
def test_no_nonsense_breaks_a_life(*, emit_stage_changes: bool) -> None:
    rng, zone = random.Random(7), ZoneInfo("Europe/Berlin")  # noqa: S311
    cutoff = None if emit_stage_changes else START + timedelta(days=40)
    parameters = load_scenario("B2B").parameters
    world: LifecycleSettings = {
        "parameters": parameters,
        "pipeline": DEFAULT_PIPELINE,
        "cutoff": cutoff,
        "emit_stage_changes": emit_stage_changes,
    }
    moved = 0
    for index in range(300):
        timeline = simulate_lead(SeedSequence("s"), index, START, **world, zone=zone)
        triggers = lifecycle_triggers(SeedSequence("s"), index, START, world, zone)
        usual = [default_delay_minutes(each, triggers) for each in timeline]
        proposals = [None if u is None else rng.choice([None, -1, u * 9, rng.randrange(1, 3 * u + 1)]) for u in usual]

        timing = apply_proposed_times(timeline, triggers, proposals, zone=zone, cutoff=cutoff)

        moved += sum(new.at != old.at for new, old in zip(timing.events, timeline, strict=True))
        points = {cause.trigger: cause.at for cause in triggers}
        assert timing.by_model + timing.by_default == sum(each.object_type in MOVABLE for each in timeline)
        assert [each.at for each in timing.events] == sorted(each.at for each in timing.events)
        for new, old in zip(timing.events, timeline, strict=True):
            if new.object_type not in MOVABLE:
                assert new == old
                continue
            cause = points[LifecycleTrigger.WON if new.trigger is LifecycleTrigger.SUPPORT else new.trigger]
            assert cause < new.at <= cause + MAX_DELAY_FACTOR * (old.at - cause)
            assert next_working_moment(new.at, zone) == new.at
            assert cutoff is None or new.at <= cutoff
            assert [at <= new.at for at in points.values()] == [at <= old.at for at in points.values()]
    assert moved > 100
