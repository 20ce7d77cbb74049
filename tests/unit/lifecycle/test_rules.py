"""The numbers of the shipped scenarios, one by one, and what a change of them does."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from builders import DAY, START, plan

from simcrm.core.timestamps import to_iso_utc
from simcrm.lifecycle.account_history import REGRESSED_SHARE
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, DealOutcome, DealState, LifecycleTrigger
from simcrm.planning.account_histories import QUALIFIED_SHARE, AccountHistories
from simcrm.synthetic import load_scenario

CONTACTS = 600
Rule = tuple[str, str, str, float, str | None, tuple[int, int]]
RULES: list[Rule] = [
    ("B2B", "created", "notes", 1.0, None, (5, 35)),
    ("B2C", "created", "notes", 0.9, None, (5, 25)),
    ("B2B", "qualified", "calls", 0.65, None, (5, 25)),
    ("B2C", "qualified", "calls", 0.3, None, (5, 25)),
    ("B2B", "qualified", "tasks", 0.5, "calls", (15, 45)),
    ("B2C", "qualified", "tasks", 0.25, "calls", (10, 40)),
    ("B2B", "regressed", "notes", 0.35, None, (30, 90)),
    ("B2C", "regressed", "notes", 0.25, None, (30, 90)),
    ("B2B", "won", "notes", 0.55, None, (15, 75)),
    ("B2C", "won", "notes", 0.4, None, (10, 50)),
    ("B2B", "lost", "tickets", 0.15, None, (60, 180)),
    ("B2C", "lost", "tickets", 0.05, None, (60, 180)),
]
NUMBERS: dict[str, dict[str, Any]] = {
    "B2B": {
        "cycle": (60, 0.6, 10.5, 0.9),
        "per": [(3, 6), (1, 3), (0, 2), (0, 1)],
        "caps": {"notes": 5, "calls": 3, "tasks": 6, "tickets": 1},
        "budgets": {"notes": 5000, "calls": 2500, "tasks": 4000, "tickets": 500},
    },
    "B2C": {
        "cycle": (7, 0.42, 7.8, 0.5),
        "per": [(1, 2), (0, 1), (0, 1), (0, 0)],
        "caps": {"notes": 3, "calls": 1, "tasks": 3, "tickets": 1},
        "budgets": {"notes": 8000, "calls": 1200, "tasks": 5000, "tickets": 300},
    },
}


@pytest.mark.parametrize("expected", RULES)
def test_a_moment_causes_an_activity_with_its_probability_after_its_delay(expected: Rule) -> None:
    scenario, moment, kind, probability, unless, minutes = expected
    (rule,) = [
        rule
        for rule in load_scenario(scenario).parameters.rules
        if (rule.moment, rule.object_type) == (LifecycleTrigger(moment), ObjectType(kind))
    ]

    assert (rule.probability, rule.unless) == (probability, unless)
    spread = rule.delay_spread_minutes
    assert (rule.delay_minutes - spread, rule.delay_minutes + spread) == minutes


@pytest.mark.parametrize("scenario", NUMBERS)
def test_a_scenario_has_no_other_rules_and_these_numbers(scenario: str) -> None:
    found, expected = load_scenario(scenario).parameters, NUMBERS[scenario]
    ranges = (found.contacts_per_company, found.notes_per_lead, found.tasks_per_lead, found.calls_per_lead)

    assert len(found.rules) == sum(rule[0] == scenario for rule in RULES)
    assert (found.sales_cycle_days, found.win_rate, found.amount_mu, found.amount_sigma) == expected["cycle"]
    assert [(each.low, each.high) for each in ranges] == expected["per"]
    assert (found.caps, found.budgets) == (expected["caps"], expected["budgets"])


def histories(scenario: str = "B2B", **parameters: Any) -> list[list[ActivityEvent]]:
    """The events of each contact of a simulation with parameters of its own."""
    span = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(START + DAY), "timeScale": 0}
    fields: dict[str, Any] = {"totalRecords": CONTACTS, "scenario": scenario, "scenarioParameters": parameters, **span}
    made = AccountHistories.from_plan(plan(**fields))
    return [made.events(index) for index in range(CONTACTS)]


def rule(moment: str, kind: str, probability: float, minutes: float) -> dict[str, Any]:
    delay = {"delayMinutes": minutes, "delaySpreadMinutes": 0}
    return {"moment": moment, "objectType": kind, "probability": probability, **delay}


def deals(events: list[list[ActivityEvent]]) -> list[DealState]:
    return [e.deal for own in events for e in own if e.object_type is ObjectType.DEALS and e.deal is not None]


@pytest.mark.parametrize(("rate", "outcome"), [(1.0, DealOutcome.WON), (0.0, DealOutcome.LOST)])
def test_a_simulation_may_win_as_often_as_it_says(rate: float, outcome: DealOutcome) -> None:
    new = [deal for deal in deals(histories(winRate=rate)) if deal.number == 0]

    assert new
    assert {deal.outcome for deal in new} == {outcome}


def test_a_simulation_may_have_rules_of_its_own() -> None:
    found = histories(rules=[rule("qualified", "tickets", 1.0, 30)], caps={"tickets": 3})
    kinds = Counter(event.object_type for own in found for event in own if event.trigger is LifecycleTrigger.QUALIFIED)
    notes = [event for own in found for event in own if event.object_type is ObjectType.NOTES]

    assert kinds.keys() == {ObjectType.TICKETS}
    assert not any(event.trigger is LifecycleTrigger.CREATED for event in notes)


def test_every_rule_adds_its_activity_at_its_rate() -> None:
    rates = {
        ("created", "tasks"): 0.5,
        ("qualified", "calls"): 0.65,
        ("regressed", "notes"): 1.0,
        ("lost", "tickets"): 0.8,
        ("won", "tasks"): 0.9,
    }
    own = [rule(moment, kind, rate, 30) for (moment, kind), rate in rates.items()]
    found = histories(rules=own, contactsPerCompany={"low": 1, "high": 1}, notesPerLead={"low": 0, "high": 0})
    ends = Counter(deal.outcome.value for events in found for deal in deals([events])[:1])
    reached = {
        "created": CONTACTS,
        "qualified": CONTACTS * QUALIFIED_SHARE,
        "regressed": CONTACTS * (1 - QUALIFIED_SHARE) * REGRESSED_SHARE,
        **ends,
    }

    for (moment, kind), rate in rates.items():
        added = sum(any(event.trigger == moment and event.object_type == kind for event in events) for events in found)
        spread = (CONTACTS if moment not in ends else reached[moment]) * 0.25
        assert added == pytest.approx(rate * reached[moment], abs=3 * spread**0.5), moment


def test_a_simulation_may_cap_and_hurry() -> None:
    slow, fast = (deals(histories(salesCycleDays=days)) for days in (60, 6))

    def longest(found: list[DealState]) -> timedelta:
        return max(deal.closes_at - deal.opened_at for deal in found)

    assert longest(fast) < longest(slow) / 3
    capped = histories(caps={"notes": 1})
    assert max(sum(event.object_type is ObjectType.NOTES for event in own) for own in capped) == 1
