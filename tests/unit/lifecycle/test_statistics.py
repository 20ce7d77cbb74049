"""Two thousand records of a quarter against a model of its own, which draws by the scenarios' numbers alone."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from builders import DAY, START, batch, plan
from lived_model import KINDS, NUMBERS, SPAN, Facts, compare_amounts, compare_means, compare_share, simulate_leads

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleTrigger
from simcrm.planning.batches import Batch

RECORDS = 2_000
SCENARIOS = pytest.mark.parametrize("scenario", NUMBERS)


def build_generator(scenario: str, **fields: Any) -> RowGenerator:
    now = START + SPAN * DAY
    span = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(now), "seed": "statistics"}
    return RowGenerator.from_plan(
        plan(run_start=now, **{"totalRecords": RECORDS, "scenario": scenario, **span, **fields})
    )


@cache
def timelines(scenario: str) -> list[list[ActivityEvent]]:
    plenty = {"budgets": dict.fromkeys(("notes", "calls", "tasks", "tickets"), 100_000)}
    return build_generator(scenario, activities=plenty).timelines.for_batch(batch(count=RECORDS))


def count_facts(events: list[ActivityEvent]) -> Facts:
    counts = Counter(event.object_type.value for event in events)
    found: Facts = {"closed": 0, "wins": 0, **{kind: counts[kind] for kind in KINDS}}
    for event in events:
        if event.object_type is ObjectType.DEALS and event.deal is not None:
            found["closed"] = event.deal.outcome is not DealOutcome.OPEN
            found["wins"] = event.deal.outcome is DealOutcome.WON
            found["days"] = (event.deal.closes_at - event.deal.opened_at) / DAY
    return found


def agree(seen: list[float], expected: list[float]) -> None:
    found = compare_means(seen, expected)
    assert found.distance < 3, found


@SCENARIOS
@pytest.mark.parametrize("fact", [*KINDS, "closed", "wins"])
def test_a_quarter_holds_as_much_of_everything_as_the_scenarios_numbers_say(scenario: str, fact: str) -> None:
    agree(
        [count_facts(timeline)[fact] for timeline in timelines(scenario)],
        [facts[fact] for facts in simulate_leads(scenario)],
    )


@SCENARIOS
def test_deals_take_as_long_as_the_sales_cycle_says(scenario: str) -> None:
    seen = [facts["days"] for timeline in timelines(scenario) if "days" in (facts := count_facts(timeline))]

    agree(seen, [facts["days"] for facts in simulate_leads(scenario) if "days" in facts])


@SCENARIOS
def test_closed_deals_are_won_at_the_scenarios_rate(scenario: str) -> None:
    closed = [facts for timeline in timelines(scenario) if (facts := count_facts(timeline))["closed"]]

    assert len(closed) > 200
    assert compare_share([facts["wins"] for facts in closed], NUMBERS[scenario].win).distance < 3


@SCENARIOS
def test_amounts_are_log_normal_with_the_scenarios_parameters(scenario: str) -> None:
    some = build_generator(scenario)
    amounts = [some.timelines.synthetic_generator.facts(index).amount for index in range(RECORDS)]

    assert all(found.distance < 3 for found in compare_amounts(amounts, NUMBERS[scenario]).values())


@SCENARIOS
def test_nothing_happens_before_what_causes_it(scenario: str) -> None:
    some = build_generator(scenario)
    ends = {
        LifecycleTrigger.WON: DealOutcome.WON,
        LifecycleTrigger.LOST: DealOutcome.LOST,
        LifecycleTrigger.SUPPORT: DealOutcome.WON,
    }
    for index, timeline in enumerate(timelines(scenario)):
        arrived = some.plan.arrivals.at(index)
        for event in timeline:
            assert event.at > arrived
            if event.trigger in ends:
                assert event.deal is not None
                assert event.deal.outcome is ends[event.trigger]
                assert event.at > event.deal.closes_at
            elif event.deal is not None:
                assert event.at >= event.deal.opened_at


@SCENARIOS
def test_every_deal_is_on_a_stage_of_the_portal(scenario: str) -> None:
    some = build_generator(scenario)
    stages = {*some.plan.pipeline.open, some.plan.pipeline.won, some.plan.pipeline.lost}
    deals = [event.deal.stage for timeline in timelines(scenario) for event in timeline if event.deal is not None]

    assert set(deals) == stages


@SCENARIOS
@pytest.mark.parametrize("unfolds", [False, True])
def test_budgets_hold_exactly_over_all_batches_whichever_is_made_first(scenario: str, *, unfolds: bool) -> None:
    budgets = {"notes": 700, "calls": 150, "tasks": 211, "tickets": 5}
    pace = {"timeScale": 10_000} if unfolds else {}
    some = build_generator(scenario, activities={"budgets": budgets}, **pace)
    some = RowGenerator.from_plan(some.plan.model_copy(update={"budget_cuts": some.timelines.compute_budget_cutoffs()}))

    found = Counter(
        event.object_type.value for made in reversed(list(batches())) for event in _all(some.timelines.for_batch(made))
    )

    assert {kind: found[kind] for kind in budgets} == budgets


def batches() -> Iterator[Batch]:
    return (batch(number, first_index=number * 100, count=100) for number in range(RECORDS // 100))


def _all(found: list[list[ActivityEvent]]) -> Iterator[ActivityEvent]:
    return (event for timeline in found for event in timeline)
