from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from builders import DAY, START

from simcrm.lifecycle import simulate_lead
from simcrm.lifecycle.lead_lifecycle import OPPORTUNITY_SHARE, QUALIFIED_SHARE, REGRESSED_SHARE
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE, DealPipeline
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, LifecycleTrigger
from simcrm.synthetic import ScenarioParameters, load_scenario
from simcrm.synthetic.seeded_random import SeedSequence

LEADS = 3_000
Life = list[ActivityEvent]
DEALS, NOTES, CALLS, TASKS, TICKETS = (
    ObjectType.DEALS,
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
)
SCENARIOS = pytest.mark.parametrize("scenario", ["B2B", "B2C"])


def parameters(scenario: str) -> ScenarioParameters:
    return load_scenario(scenario).parameters


def simulate(
    index: int = 0,
    scenario: str = "B2B",
    seed: str = "seed",
    cutoff: datetime | None = None,
    pipeline: DealPipeline = DEFAULT_PIPELINE,
) -> Life:
    return simulate_lead(
        SeedSequence(seed), index, START, parameters=parameters(scenario), pipeline=pipeline, cutoff=cutoff
    )


@cache
def timelines(scenario: str) -> list[Life]:
    return [simulate(index, scenario) for index in range(LEADS)]


def share(scenario: str, fits: Callable[[Life], bool]) -> float:
    return sum(fits(one) for one in timelines(scenario)) / LEADS


def has(one: Life, kind: ObjectType, moment: LifecycleTrigger) -> bool:
    return any(event.object_type is kind and event.trigger is moment for event in one)


def final_deal(one: Life) -> DealState | None:
    return next((event.deal for event in one if event.object_type is DEALS), None)


def test_a_life_follows_from_seed_and_index_alone() -> None:
    forwards = [simulate(index) for index in range(50)]
    backwards = [simulate(index) for index in reversed(range(50))]

    assert forwards == backwards[::-1]


def test_another_seed_or_index_is_another_life() -> None:
    some = [simulate(index) for index in range(50)]

    assert some != [simulate(index, seed="other") for index in range(50)]
    assert some != [simulate(index) for index in range(1, 51)]


@SCENARIOS
def test_events_stand_in_the_order_in_which_they_happen_and_none_before_the_arrival(scenario: str) -> None:
    for one in timelines(scenario):
        times = [START, *(event.at for event in one)]
        assert times == sorted(times)


@SCENARIOS
def test_nobody_works_at_night_or_on_a_weekend(scenario: str) -> None:
    assert all(event.at.weekday() < 5 and 9 <= event.at.hour < 18 for one in timelines(scenario) for event in one)


@SCENARIOS
def test_ordinals_count_from_zero_within_a_type(scenario: str) -> None:
    for one in timelines(scenario):
        seen: Counter[ObjectType] = Counter()
        for event in one:
            assert event.ordinal == seen[event.object_type]
            seen[event.object_type] += 1


@SCENARIOS
def test_no_lead_has_more_activities_than_the_caps_allow(scenario: str) -> None:
    caps = parameters(scenario).caps
    for one in timelines(scenario):
        counts = Counter(event.object_type for event in one)
        assert all(count <= caps.get(kind, count) for kind, count in counts.items())


def test_a_cap_cuts_what_comes_later() -> None:
    capped = replace(parameters("B2B"), caps={NOTES: 1})
    index = next(number for number, one in enumerate(timelines("B2B")) if sum(e.object_type is NOTES for e in one) > 1)

    notes = [
        event
        for event in simulate_lead(SeedSequence("seed"), index, START, parameters=capped, pipeline=DEFAULT_PIPELINE)
        if event.object_type is NOTES
    ]

    assert [(event.ordinal, event.trigger) for event in notes] == [(0, LifecycleTrigger.CREATED)]


@SCENARIOS
def test_a_lead_has_at_most_one_deal(scenario: str) -> None:
    assert max(sum(event.object_type is DEALS for event in one) for one in timelines(scenario)) == 1


@SCENARIOS
def test_a_deal_stands_at_its_opening_and_closes_after_it(scenario: str) -> None:
    deals = [event for one in timelines(scenario) for event in one if event.object_type is DEALS]

    for event in deals:
        assert event.deal is not None
        assert event.at == event.deal.opened_at < event.deal.closes_at


@SCENARIOS
def test_activities_of_a_deals_end_come_after_that_end(scenario: str) -> None:
    ends = {LifecycleTrigger.WON: DealOutcome.WON, LifecycleTrigger.LOST: DealOutcome.LOST}
    late = [event for one in timelines(scenario) for event in one if event.trigger in ends]

    assert late
    for event in late:
        assert event.deal is not None
        assert event.deal.outcome is ends[event.trigger]
        assert event.at > event.deal.closes_at


@SCENARIOS
def test_what_happens_while_there_is_a_deal_belongs_to_it_and_nothing_else_does(scenario: str) -> None:
    for one in timelines(scenario):
        deal = final_deal(one)
        for event in one:
            assert event.deal == (deal if deal is not None and event.at >= deal.opened_at else None)


def test_stages_are_those_of_the_pipeline_that_is_given() -> None:
    pipeline = DealPipeline(id="own", open=("10", "20"), won="30", lost="40")
    cutoff = START + 45 * DAY
    found = [final_deal(simulate(index, pipeline=pipeline, cutoff=cutoff)) for index in range(400)]
    stages = {(deal.outcome, deal.stage) for deal in found if deal is not None}

    assert stages == {
        (DealOutcome.OPEN, "10"),
        (DealOutcome.OPEN, "20"),
        (DealOutcome.WON, "30"),
        (DealOutcome.LOST, "40"),
    }


@SCENARIOS
@pytest.mark.parametrize("days", [0, 1, 10, 40])
def test_nothing_happens_after_the_horizon(scenario: str, days: int) -> None:
    cutoff = START + days * DAY

    for index in range(500):
        assert all(event.at <= cutoff for event in simulate(index, scenario, cutoff=cutoff))


@SCENARIOS
def test_a_horizon_hides_the_future_and_does_not_change_the_past(scenario: str) -> None:
    cutoff = START + 5 * DAY
    for index in range(500):
        past = [(e.object_type, e.at, e.trigger) for e in timelines(scenario)[index] if e.at <= cutoff]
        seen = [(e.object_type, e.at, e.trigger) for e in simulate(index, scenario, cutoff=cutoff)]
        assert seen == past


def test_a_deal_that_closes_beyond_the_horizon_is_open_and_keeps_its_expected_end() -> None:
    cutoff = START + 30 * DAY
    pairs = [
        (final_deal(timelines("B2B")[index]), final_deal(simulate(index, cutoff=cutoff))) for index in range(LEADS)
    ]
    cut = [(full, seen) for full, seen in pairs if full and seen and full.closes_at > cutoff]

    assert len(cut) > 100
    for full, seen in cut:
        assert (seen.outcome, seen.closes_at) == (DealOutcome.OPEN, full.closes_at)
        assert seen.stage in DEFAULT_PIPELINE.open


def test_a_deal_that_closed_before_the_horizon_is_closed() -> None:
    cutoff = START + 30 * DAY
    pairs = [
        (final_deal(timelines("B2B")[index]), final_deal(simulate(index, cutoff=cutoff))) for index in range(LEADS)
    ]

    assert all(seen == full for full, seen in pairs if full and full.closes_at <= cutoff)


@SCENARIOS
def test_as_many_leads_become_a_deal_as_are_qualified_and_go_on(scenario: str) -> None:
    assert share(scenario, lambda one: final_deal(one) is not None) == pytest.approx(
        QUALIFIED_SHARE * OPPORTUNITY_SHARE, abs=0.03
    )


@SCENARIOS
def test_deals_are_won_at_the_rate_of_the_scenario(scenario: str) -> None:
    deals = [deal for one in timelines(scenario) if (deal := final_deal(one)) is not None]
    won = sum(deal.outcome is DealOutcome.WON for deal in deals)

    assert won / len(deals) == pytest.approx(parameters(scenario).win_rate, abs=0.05)


@pytest.mark.parametrize(
    ("scenario", "kind", "moment", "expected"),
    [
        ("B2B", NOTES, LifecycleTrigger.CREATED, 1.0),
        ("B2C", NOTES, LifecycleTrigger.CREATED, 0.9),
        ("B2B", CALLS, LifecycleTrigger.QUALIFIED, QUALIFIED_SHARE * 0.65),
        ("B2C", CALLS, LifecycleTrigger.QUALIFIED, QUALIFIED_SHARE * 0.3),
        ("B2B", TASKS, LifecycleTrigger.QUALIFIED, QUALIFIED_SHARE * 0.35 * 0.5),
        ("B2C", TASKS, LifecycleTrigger.QUALIFIED, QUALIFIED_SHARE * 0.7 * 0.25),
        ("B2B", NOTES, LifecycleTrigger.REGRESSED, (1 - QUALIFIED_SHARE) * REGRESSED_SHARE * 0.35),
        ("B2B", NOTES, LifecycleTrigger.WON, QUALIFIED_SHARE * OPPORTUNITY_SHARE * 0.6 * 0.55),
        ("B2B", TICKETS, LifecycleTrigger.LOST, QUALIFIED_SHARE * OPPORTUNITY_SHARE * 0.4 * 0.15),
    ],
)
def test_moments_cause_activities_at_the_rates_of_the_rules(
    scenario: str, kind: ObjectType, moment: LifecycleTrigger, expected: float
) -> None:
    assert share(scenario, lambda one: has(one, kind, moment)) == pytest.approx(expected, abs=0.03)


@SCENARIOS
def test_a_qualified_lead_gets_a_call_or_a_task_but_not_both(scenario: str) -> None:
    assert not any(
        has(one, CALLS, LifecycleTrigger.QUALIFIED) and has(one, TASKS, LifecycleTrigger.QUALIFIED)
        for one in timelines(scenario)
    )


@SCENARIOS
def test_a_lead_that_goes_back_has_no_deal(scenario: str) -> None:
    assert all(final_deal(one) is None for one in timelines(scenario) if has(one, NOTES, LifecycleTrigger.REGRESSED))


def test_a_deal_takes_about_as_long_as_the_sales_cycle() -> None:
    days = [
        (deal.closes_at - deal.opened_at) / DAY for one in timelines("B2B") if (deal := final_deal(one)) is not None
    ]

    assert sum(days) / len(days) == pytest.approx(0.8 * parameters("B2B").sales_cycle_days, rel=0.1)
    assert min(days) > 0.1 * parameters("B2B").sales_cycle_days


def test_the_first_note_follows_the_arrival_within_the_rules_delay() -> None:
    rule = next(rule for rule in parameters("B2B").rules if rule.moment is LifecycleTrigger.CREATED)
    longest = timedelta(minutes=max(1.0, rule.delay_minutes + rule.delay_spread_minutes))

    assert all(timedelta(0) < one[0].at - START <= longest for one in timelines("B2B"))
