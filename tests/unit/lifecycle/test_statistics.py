"""Two thousand records of a quarter against a model of its own, which draws by the scenarios' numbers alone."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from builders import DAY, START, batch, plan
from lived_model import KINDS, NUMBERS, SPAN, Facts, modelled, of_amounts, of_means, of_share

from simcrm.core.timestamps import iso_utc
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, DealOutcome, Moment
from simcrm.planning.batches import Batch

RECORDS = 2_000
SCENARIOS = pytest.mark.parametrize("scenario", NUMBERS)


def maker(scenario: str, **fields: Any) -> BatchGenerator:
    now = START + SPAN * DAY
    span = {"startTime": iso_utc(START), "endTime": iso_utc(now), "seed": "statistics"}
    return BatchGenerator.of(plan(run_start=now, **{"totalRecords": RECORDS, "scenario": scenario, **span, **fields}))


@cache
def lives(scenario: str) -> list[list[ActivityEvent]]:
    plenty = {"budgets": dict.fromkeys(("notes", "calls", "tasks", "tickets"), 100_000)}
    return maker(scenario, activities=plenty).lives(batch(count=RECORDS))


def facts_of(events: list[ActivityEvent]) -> Facts:
    counts = Counter(event.object_type.value for event in events)
    found: Facts = {"closed": 0, "wins": 0, **{kind: counts[kind] for kind in KINDS}}
    for event in events:
        if event.object_type is ObjectType.DEALS and event.deal is not None:
            found["closed"] = event.deal.outcome is not DealOutcome.OPEN
            found["wins"] = event.deal.outcome is DealOutcome.WON
            found["days"] = (event.deal.closes_at - event.deal.opened_at) / DAY
    return found


def agree(seen: list[float], expected: list[float]) -> None:
    found = of_means(seen, expected)
    assert found.distance < 3, found


@SCENARIOS
@pytest.mark.parametrize("fact", [*KINDS, "closed", "wins"])
def test_a_quarter_holds_as_much_of_everything_as_the_scenarios_numbers_say(scenario: str, fact: str) -> None:
    agree([facts_of(life)[fact] for life in lives(scenario)], [facts[fact] for facts in modelled(scenario)])


@SCENARIOS
def test_deals_take_as_long_as_the_sales_cycle_says(scenario: str) -> None:
    seen = [facts["days"] for life in lives(scenario) if "days" in (facts := facts_of(life))]

    agree(seen, [facts["days"] for facts in modelled(scenario) if "days" in facts])


@SCENARIOS
def test_closed_deals_are_won_at_the_scenarios_rate(scenario: str) -> None:
    closed = [facts for life in lives(scenario) if (facts := facts_of(life))["closed"]]

    assert len(closed) > 200
    assert of_share([facts["wins"] for facts in closed], NUMBERS[scenario].win).distance < 3


@SCENARIOS
def test_amounts_are_log_normal_with_the_scenarios_parameters(scenario: str) -> None:
    some = maker(scenario)
    amounts = [some.generator.facts(index).amount for index in range(RECORDS)]

    assert all(found.distance < 3 for found in of_amounts(amounts, NUMBERS[scenario]).values())


@SCENARIOS
def test_nothing_happens_before_what_causes_it(scenario: str) -> None:
    some = maker(scenario)
    ends = {Moment.WON: DealOutcome.WON, Moment.LOST: DealOutcome.LOST, Moment.SUPPORT: DealOutcome.WON}
    for index, life in enumerate(lives(scenario)):
        arrived = some.plan.arrivals.at(index)
        for event in life:
            assert event.at > arrived
            if event.moment in ends:
                assert event.deal is not None
                assert event.deal.outcome is ends[event.moment]
                assert event.at > event.deal.closes_at
            elif event.deal is not None:
                assert event.at >= event.deal.opened_at


@SCENARIOS
def test_every_deal_is_on_a_stage_of_the_portal(scenario: str) -> None:
    some = maker(scenario)
    stages = {*some.plan.pipeline.open, some.plan.pipeline.won, some.plan.pipeline.lost}
    deals = [event.deal.stage for life in lives(scenario) for event in life if event.deal is not None]

    assert set(deals) == stages


@SCENARIOS
@pytest.mark.parametrize("unfolds", [False, True])
def test_budgets_hold_exactly_over_all_batches_whichever_is_made_first(scenario: str, *, unfolds: bool) -> None:
    budgets = {"notes": 700, "calls": 150, "tasks": 211, "tickets": 5}
    pace = {"timeScale": 10_000} if unfolds else {}
    some = maker(scenario, activities={"budgets": budgets}, **pace)
    some = BatchGenerator.of(some.plan.model_copy(update={"budget_cuts": some.timelines.budget_cuts()}))

    found = Counter(event.object_type.value for made in reversed(list(batches())) for event in _all(some.lives(made)))

    assert {kind: found[kind] for kind in budgets} == budgets


def batches() -> Iterator[Batch]:
    return (batch(number, first_index=number * 100, count=100) for number in range(RECORDS // 100))


def _all(found: list[list[ActivityEvent]]) -> Iterator[ActivityEvent]:
    return (event for life in found for event in life)
