"""How far leads come, and what a seller does on the way."""

from collections import Counter

import pytest
from builders import DAY, START

from simcrm.lifecycle import LifecycleSettings, initial_stage, simulate_lead
from simcrm.lifecycle.lead_lifecycle import SUPPORT_DAYS, SUPPORT_SHARE
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage, LifecycleTrigger
from simcrm.synthetic import load_scenario
from simcrm.synthetic.seeded_random import SeedSequence

LEADS = 2_000
SEED = SeedSequence("stages")
WORLD = LifecycleSettings(
    parameters=load_scenario("B2B").parameters, pipeline=DEFAULT_PIPELINE, cutoff=None, emit_stage_changes=False
)
AFTER_A_WEEK = LifecycleSettings(
    parameters=WORLD["parameters"], pipeline=DEFAULT_PIPELINE, cutoff=START + 7 * DAY, emit_stage_changes=False
)


def simulate(index: int, settings: LifecycleSettings = WORLD) -> list[ActivityEvent]:
    return simulate_lead(SEED, index, START, **settings)


def stage(index: int, settings: LifecycleSettings = WORLD) -> LifecycleStage:
    return initial_stage(SEED, index, START, **settings)


def outcome(events: list[ActivityEvent]) -> DealOutcome | None:
    return next((event.deal.outcome for event in events if event.deal), None)


@pytest.mark.parametrize("world", [WORLD, AFTER_A_WEEK])
def test_a_contact_stands_where_its_deal_says(world: LifecycleSettings) -> None:
    expected = {
        DealOutcome.WON: LifecycleStage.CUSTOMER,
        DealOutcome.LOST: LifecycleStage.OPPORTUNITY,
        DealOutcome.OPEN: LifecycleStage.OPPORTUNITY,
    }
    for index in range(300):
        with_deal = outcome(simulate(index, world))
        if with_deal is not None:
            assert stage(index, world) is expected[with_deal]
        else:
            assert stage(index, world) in {LifecycleStage.LEAD, LifecycleStage.MARKETING_QUALIFIED}


def test_leads_come_ever_fewer_down_the_funnel() -> None:
    reached = Counter(stage(index) for index in range(LEADS))
    order = list(LifecycleStage)
    at_least = [sum(reached[later] for later in order[place:]) for place in range(len(order))]

    assert at_least == sorted(at_least, reverse=True)
    assert all(reached[one] > 0 for one in order)


def test_a_horizon_never_shows_a_stage_that_is_yet_to_come() -> None:
    order = list(LifecycleStage)

    assert all(order.index(stage(index, AFTER_A_WEEK)) <= order.index(stage(index)) for index in range(LEADS))


def test_follow_ups_happen_while_the_deal_is_open_and_as_often_as_the_scenario_says() -> None:
    habit = WORLD["parameters"].notes_per_lead
    notes = []
    for index in range(LEADS):
        follow_ups = [event for event in simulate(index) if event.trigger is LifecycleTrigger.OPPORTUNITY]
        deals = [event.deal for event in follow_ups if event.object_type is ObjectType.DEALS]
        for event in follow_ups:
            assert deals[0] is not None
            assert deals[0].opened_at <= event.at <= deals[0].closes_at + 4 * DAY
        if deals:
            notes.append(sum(event.object_type is ObjectType.NOTES for event in follow_ups))

    assert habit.low <= min(notes) <= max(notes) <= habit.high
    assert sum(notes) / len(notes) == pytest.approx((habit.low + habit.high) / 2, abs=0.1)


def test_some_customers_write_to_support_after_their_purchase_and_nobody_else_does() -> None:
    timelines = [simulate(index) for index in range(LEADS)]
    customers = [one for one in timelines if outcome(one) is DealOutcome.WON]
    tickets = [event for one in timelines for event in one if event.trigger is LifecycleTrigger.SUPPORT]

    assert len(tickets) / len(customers) == pytest.approx(SUPPORT_SHARE, abs=0.05)
    for ticket in tickets:
        assert ticket.deal is not None
        assert ticket.deal.outcome is DealOutcome.WON
        assert SUPPORT_DAYS[0] * DAY <= ticket.at - ticket.deal.closes_at <= (SUPPORT_DAYS[1] + 4) * DAY
