"""Thousands of accounts against the numbers of their scenarios."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from math import log, sqrt
from statistics import fmean, pstdev
from typing import Any

import pytest
from builders import DAY, START, plan
from unit.lifecycle.many_accounts import business_histories, consumer_histories

from simcrm.core.timestamps import to_iso_utc
from simcrm.lifecycle.account_history import REGRESSED_SHARE
from simcrm.models.account_story import AccountStory
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import DealOutcome, LifecycleTrigger
from simcrm.planning.account_histories import OPPORTUNITY_SHARE, QUALIFIED_SHARE, AccountHistories, AccountHistory
from simcrm.synthetic import load_scenario

CONTACTS = {"B2B": 500, "B2C": 300}
NOTES, CALLS, TASKS, TICKETS = ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS, ObjectType.TICKETS
HISTORIES: dict[str, Callable[[], list[AccountStory]]] = {"B2B": business_histories, "B2C": consumer_histories}
SCENARIOS = pytest.mark.parametrize("scenario", HISTORIES)


def assert_share(found: int, of: int, expected: float) -> None:
    """That a share differs from an expected one by chance alone."""
    assert found / of == pytest.approx(expected, abs=3 * sqrt(expected * (1 - expected) / of))


@SCENARIOS
def test_the_funnel_has_the_scenarios_rates(scenario: str) -> None:
    stories = HISTORIES[scenario]()
    qualified = [story for story in stories if story.qualified_at is not None]
    opened = [story for story in qualified if story.deals]
    won = [story for story in opened if story.deals[0].lost_reason is None]

    assert_share(len(qualified), len(stories), QUALIFIED_SHARE)
    assert_share(len(opened), len(qualified), OPPORTUNITY_SHARE)
    assert_share(len(won), len(opened), load_scenario(scenario).parameters.win_rate)


@SCENARIOS
def test_amounts_are_log_normal_with_the_scenarios_parameters(scenario: str) -> None:
    parameters = load_scenario(scenario).parameters
    logs = [log(story.deals[0].final.amount / 100) for story in HISTORIES[scenario]() if story.deals]

    mu, sigma = fmean(logs), pstdev(logs)
    assert mu == pytest.approx(parameters.amount_mu, abs=0.1)
    assert sigma == pytest.approx(parameters.amount_sigma, abs=0.1)
    assert abs(fmean(((value - mu) / sigma) ** 3 for value in logs)) < 0.3


@SCENARIOS
def test_rules_add_activities_at_the_scenarios_rates(scenario: str) -> None:
    stories = HISTORIES[scenario]()
    rates = {(rule.moment, rule.object_type): rule.probability for rule in load_scenario(scenario).parameters.rules}
    found = Counter((touch.trigger, touch.object_type) for story in stories for touch in story.touches)
    contacts = sum(len(story.joined_at) for story in stories)
    qualified = sum(len(story.joined_at) for story in stories if story.qualified_at is not None)
    first = [story.deals[0] for story in stories if story.deals]
    won = sum(len(deal.committee) for deal in first if deal.lost_reason is None)
    lost = sum(len(deal.committee) for deal in first if deal.lost_reason is not None)

    created, turned = (LifecycleTrigger.CREATED, NOTES), LifecycleTrigger.QUALIFIED
    assert_share(found[created], contacts, rates[created])
    assert_share(found[turned, CALLS], qualified, rates[turned, CALLS])
    assert_share(found[turned, TASKS], qualified, (1 - rates[turned, CALLS]) * rates[turned, TASKS])
    assert_share(found[LifecycleTrigger.WON, NOTES], won, rates[LifecycleTrigger.WON, NOTES])
    assert_share(found[LifecycleTrigger.LOST, TICKETS], lost, rates[LifecycleTrigger.LOST, TICKETS])
    cold = contacts - qualified
    regressed = LifecycleTrigger.REGRESSED, NOTES
    assert_share(found[regressed], cold, REGRESSED_SHARE * rates[regressed])


@SCENARIOS
def test_the_first_note_follows_the_arrival_within_the_rules_delay(scenario: str) -> None:
    rule = next(rule for rule in load_scenario(scenario).parameters.rules if rule.moment is LifecycleTrigger.CREATED)
    least, most = rule.delay_minutes - rule.delay_spread_minutes, rule.delay_minutes + rule.delay_spread_minutes
    same_day = []
    for story in HISTORIES[scenario]():
        for touch in story.touches:
            if touch.object_type is NOTES and touch.trigger is LifecycleTrigger.CREATED:
                joined = story.joined_at[touch.position]
                assert touch.at > joined
                if touch.at.date() == joined.date():
                    same_day.append((touch.at - joined).total_seconds() / 60)

    assert len(same_day) > 300
    assert least <= min(same_day) < least + 1
    assert most - 1 < max(same_day) <= most


@cache
def quarter(scenario: str, *, live: bool = False) -> AccountHistories:
    """The histories of a run of the last 90 days, or one that follows the clock."""
    budgets = {"notes": 250, "calls": 30, "tasks": 60, "tickets": 2}
    span: dict[str, Any] = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + 90 * DAY)}
    pace: dict[str, Any] = {"timeScale": 10_000} if live else {}
    asked = plan(
        run_start=START + 90 * DAY, totalRecords=CONTACTS[scenario], scenario=scenario, activities={"budgets": budgets},
        seed="statistics", **span, **pace,
    )  # fmt: skip
    planned = AccountHistories.from_plan(asked)
    cuts = planned.compute_budget_cutoffs()
    return AccountHistories.from_plan(asked.model_copy(update={"budget_cuts": cuts}))


@SCENARIOS
@pytest.mark.parametrize("live", [False, True], ids=["at once", "live"])
def test_budgets_hold_exactly_over_all_batches_whichever_is_made_first(scenario: str, *, live: bool) -> None:
    made = quarter(scenario, live=live)
    objects = {
        (index, event.object_type, event.ordinal)
        for batch in reversed(list(made.batches()))
        for index in batch.indexes
        for event in made.events(index)
    }
    found = Counter(kind for _, kind, _ in objects)

    budgets = {kind: made.budgets[kind] for kind in (NOTES, CALLS, TASKS, TICKETS)}
    assert set(made.plan.budget_cuts) == set(budgets)
    assert {kind: found[kind] for kind in budgets} == budgets


@cache
def quarter_histories(scenario: str) -> list[AccountHistory]:
    """The histories of the quarter, all at once."""
    made = quarter(scenario)
    return [made.history(number) for number in range(made.arrivals.count)]


@SCENARIOS
def test_every_deal_is_on_a_stage_of_the_portal(scenario: str) -> None:
    pipeline = quarter(scenario).plan.pipeline
    events = [event for history in quarter_histories(scenario) for own in history.events for event in own]
    states = [event.deal for event in events if event.deal is not None]

    assert {state.stage for state in states} == {*pipeline.open, pipeline.won, pipeline.lost}
    assert all((state.stage == pipeline.won) == (state.outcome is DealOutcome.WON) for state in states)


@SCENARIOS
def test_nothing_happens_before_its_contact_is_there_or_after_the_end(scenario: str) -> None:
    end = quarter(scenario).plan.end
    for history in quarter_histories(scenario):
        for joined, own in zip(history.story.joined_at, history.events, strict=True):
            assert all(joined <= event.at <= end for event in own)


@SCENARIOS
def test_accounts_arrive_in_order_and_their_contacts_after_the_first(scenario: str) -> None:
    joined = [history.story.joined_at for history in quarter_histories(scenario)]

    assert [times[0] for times in joined] == sorted(times[0] for times in joined)
    assert all(min(times) == times[0] for times in joined)
