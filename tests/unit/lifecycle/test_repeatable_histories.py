"""A run that is under way goes on after an upgrade: a seed gives the same histories, to the second."""

import hashlib
from datetime import datetime, timedelta
from functools import cache

import pytest
from accounts import ARRIVAL, outline, settings

from simcrm.lifecycle.account_events import EventSettings, account_events
from simcrm.lifecycle.account_history import simulate_account
from simcrm.lifecycle.activity_budgets import compute_budget_cutoffs
from simcrm.lifecycle.calibration import calibrate
from simcrm.models.account_story import AccountStory
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.synthetic.scenario import ActivityRule, CountRange, ScenarioParameters
from simcrm.synthetic.seeded_random import SeedSequence

ACCOUNTS = 60
CALLS, NOTES, TASKS = ObjectType.CALLS, ObjectType.NOTES, ObjectType.TASKS
PARAMETERS = ScenarioParameters(
    sales_cycle_days=40,
    win_rate=0.4,
    amount_mu=9.0,
    amount_sigma=0.5,
    contacts_per_company=CountRange(1, 2),
    notes_per_lead=CountRange(1, 3),
    tasks_per_lead=CountRange(0, 2),
    calls_per_lead=CountRange(1, 2),
    rules=(
        ActivityRule(LifecycleTrigger.CREATED, NOTES, 0.9, 60, 50),
        ActivityRule(LifecycleTrigger.QUALIFIED, CALLS, 0.5, 300, 120),
        ActivityRule(LifecycleTrigger.QUALIFIED, TASKS, 0.8, 90, 30, unless=CALLS),
        ActivityRule(LifecycleTrigger.WON, NOTES, 1.0, 0.1, 0),
        ActivityRule(LifecycleTrigger.LOST, TASKS, 1.0, 1_440, 600),
    ),
    caps={NOTES: 4, CALLS: 2},
    budgets={},
)


@cache
def histories(seed: str = "upgrade") -> list[AccountStory]:
    own = settings(parameters=PARAMETERS, links=calibrate(0.62, 0.7, PARAMETERS.win_rate))
    return [simulate_account(SeedSequence(seed), outline(number), ARRIVAL, own) for number in range(ACCOUNTS)]


def events(cutoff: datetime | None = None, *, emit_changes: bool = False) -> list[list[ActivityEvent]]:
    """The events of each contact."""
    using = EventSettings(DEFAULT_PIPELINE, PARAMETERS.caps, cutoff, emit_changes=emit_changes)
    return [own for story in histories() for own in account_events(story, using)]


def fingerprint(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def line(index: int, event: ActivityEvent) -> str:
    deal = event.deal
    about = "" if deal is None else f"{deal.stage} {deal.outcome} {seconds(deal.opened_at)} {seconds(deal.closes_at)}"
    place = f"{event.touch} {event.line} {event.contacts} {event.is_change}"
    return (
        f"{index} {event.object_type} {event.ordinal} {seconds(event.at)} {event.trigger} {event.stage} {place} {about}"
    )


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.mark.parametrize(
    ("days", "emit_changes", "expected"),
    [
        (None, False, "93f079b1f9dae72e"),
        (None, True, "d25a5860920ba1f0"),
        (25, False, "bba351b9e02dbc2e"),
        (25, True, "55f84791954e799a"),
    ],
)
def test_histories_are_those_that_an_earlier_release_has_begun(
    days: int | None, expected: str, *, emit_changes: bool
) -> None:
    cutoff = None if days is None else ARRIVAL + timedelta(days=days)
    found = events(cutoff, emit_changes=emit_changes)

    assert fingerprint([line(index, event) for index, own in enumerate(found) for event in own]) == expected


def test_cutoffs_of_budgets_are_those_that_an_earlier_release_has_planned() -> None:
    found = events()
    budgets = {NOTES: 100, CALLS: 50, TASKS: 70}
    cutoffs = compute_budget_cutoffs(SeedSequence("upgrade"), len(found), found.__getitem__, PARAMETERS.caps, budgets)

    assert cutoffs == {
        CALLS: 4_216_633_069_764_135_358,
        NOTES: 3_124_290_286_911_880_050,
        TASKS: 3_971_053_426_161_892_336,
    }


def test_another_seed_gives_other_histories() -> None:
    assert all(one != other for one, other in zip(histories(), histories("other"), strict=True))


def test_no_activity_follows_its_cause_in_less_than_a_minute() -> None:
    delays = [
        (touch.at - story.deals[0].final.at) / timedelta(minutes=1)
        for story in histories()
        for touch in story.touches
        if touch.trigger is LifecycleTrigger.WON and touch.object_type is NOTES
    ]

    assert min(delays) == 1.0
