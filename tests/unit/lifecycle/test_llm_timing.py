"""Times that a model proposes: taken where the life allows it, else the rules' time stays."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import START

from simcrm.lifecycle import World, life_of_lead, retimed, turning_points, usual_minutes
from simcrm.lifecycle.business_hours import next_working_moment
from simcrm.lifecycle.llm_timing import LONGEST, MOVABLE, Timing
from simcrm.lifecycle.stage_changes import Cause
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, Moment
from simcrm.synthetic import load_scenario
from simcrm.synthetic.seeded_random import Seed

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


def event(minutes: float, kind: ObjectType = NOTES, ordinal: int = 0, moment: Moment = Moment.CREATED) -> ActivityEvent:
    return ActivityEvent(kind, ordinal, after(minutes), moment)


ARRIVED = Cause(Moment.CREATED, MONDAY)


def timed(
    events: list[ActivityEvent],
    proposals: list[int | None],
    *causes: Cause,
    zone: ZoneInfo = UTC_ZONE,
    horizon: datetime | None = None,
) -> Timing:
    return retimed(events, [ARRIVED, *causes], proposals, zone=zone, horizon=horizon)


def minutes_of(timing: Timing) -> list[float]:
    return [(each.at - MONDAY) / timedelta(minutes=1) for each in timing.events]


@pytest.mark.parametrize("minutes", [1, 7, 29, 30, 60, 90])
def test_a_proposal_within_bounds_is_taken(minutes: int) -> None:
    timing = timed([event(30)], [minutes])

    assert minutes_of(timing) == [minutes]
    assert (timing.by_model, timing.by_rules) == (1, 0)


@pytest.mark.parametrize("minutes", [None, 0, -5, 91, 10_000_000])
def test_without_a_usable_proposal_the_rules_time_stays(minutes: int | None) -> None:
    timing = timed([event(30)], [minutes])

    assert minutes_of(timing) == [30]
    assert (timing.by_model, timing.by_rules) == (0, 1)


def test_only_the_time_of_an_event_changes() -> None:
    before = event(30, CALLS, 4)

    (moved,) = timed([before], [40]).events

    assert (moved.object_type, moved.ordinal, moved.moment, moved.deal) == (CALLS, 4, Moment.CREATED, None)


def test_a_proposal_at_night_is_put_off_to_working_time_of_the_place() -> None:
    timing = timed([event(600)], [500], zone=ZoneInfo("America/New_York"))

    assert timing.by_model == 1
    assert timing.events[0].at == after(500)
    assert timed([event(1500)], [500]).events[0].at == next_working_moment(after(500), UTC_ZONE) != after(500)


def test_a_proposal_that_working_time_puts_off_too_far_is_refused() -> None:
    assert minutes_of(timed([event(470)], [481])) == [470]
    assert minutes_of(timed([event(200)], [500])) == [200]


def test_nothing_happens_after_the_horizon() -> None:
    assert minutes_of(timed([event(30)], [60], horizon=after(59))) == [30]
    assert minutes_of(timed([event(30)], [60], horizon=after(60))) == [60]


def test_activities_do_not_change_places() -> None:
    assert minutes_of(timed([event(30), event(40, ordinal=1)], [50, None])) == [30, 40]
    assert minutes_of(timed([event(30), event(40, ordinal=1)], [None, 20])) == [30, 40]
    assert minutes_of(timed([event(30), event(40, ordinal=1)], [50, 70])) == [50, 70]


def test_of_proposals_that_contradict_each_other_most_are_taken() -> None:
    events = [event(30), event(40, ordinal=1), event(50, ordinal=2), event(60, ordinal=3)]

    timing = timed(events, [80, 35, 45, 55])

    assert minutes_of(timing) == [30, 35, 45, 55]
    assert (timing.by_model, timing.by_rules) == (3, 1)


def test_an_activity_stays_on_its_side_of_a_turning_point() -> None:
    qualified = Cause(Moment.QUALIFIED, after(60))

    assert minutes_of(timed([event(30)], [61], qualified)) == [30]
    assert minutes_of(timed([event(70)], [59], qualified)) == [70]
    assert minutes_of(timed([event(70)], [60], qualified)) == [60]


def test_support_counts_from_the_purchase() -> None:
    won, ticket = Cause(Moment.WON, after(60)), event(160, TICKETS, 0, Moment.SUPPORT)

    assert usual_minutes(ticket, [ARRIVED, won]) == 100
    assert minutes_of(timed([ticket], [200], won)) == [260]


def test_a_deal_does_not_move_and_counts_for_nobody() -> None:
    deal = event(30, DEALS, 0, Moment.OPPORTUNITY)
    opened = Cause(Moment.OPPORTUNITY, after(30))

    timing = timed([deal], [40], opened)

    assert usual_minutes(deal, [ARRIVED, opened]) is None
    assert timing == Timing([deal], 0, 0)


@pytest.mark.parametrize("unfolds", [False, True])
def test_no_nonsense_breaks_a_life(*, unfolds: bool) -> None:
    rng, zone = random.Random(7), ZoneInfo("Europe/Berlin")  # noqa: S311
    horizon = None if unfolds else START + timedelta(days=40)
    parameters = load_scenario("B2B").parameters
    world: World = {"parameters": parameters, "pipeline": DEFAULT_PIPELINE, "horizon": horizon, "unfolds": unfolds}
    moved = 0
    for index in range(300):
        life = life_of_lead(Seed("s"), index, START, **world, zone=zone)
        causes = turning_points(Seed("s"), index, START, world, zone)
        usual = [usual_minutes(each, causes) for each in life]
        proposals = [None if u is None else rng.choice([None, -1, u * 9, rng.randrange(1, 3 * u + 1)]) for u in usual]

        timing = retimed(life, causes, proposals, zone=zone, horizon=horizon)

        moved += sum(new.at != old.at for new, old in zip(timing.events, life, strict=True))
        points = {cause.moment: cause.at for cause in causes}
        assert timing.by_model + timing.by_rules == sum(each.object_type in MOVABLE for each in life)
        assert [each.at for each in timing.events] == sorted(each.at for each in timing.events)
        for new, old in zip(timing.events, life, strict=True):
            if new.object_type not in MOVABLE:
                assert new == old
                continue
            cause = points[Moment.WON if new.moment is Moment.SUPPORT else new.moment]
            assert cause < new.at <= cause + LONGEST * (old.at - cause)
            assert next_working_moment(new.at, zone) == new.at
            assert horizon is None or new.at <= horizon
            assert [at <= new.at for at in points.values()] == [at <= old.at for at in points.values()]
    assert moved > 100
