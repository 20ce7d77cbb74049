"""A run that is under way goes on after an upgrade: a seed gives the same timelines, to the second, and ranks."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from builders import START

from simcrm.lifecycle import (
    LifecycleSettings,
    compute_budget_cutoffs,
    initial_stage,
    lifecycle_triggers,
    simulate_lead,
)
from simcrm.lifecycle.activity_budgets import budget_rank, estimate_budget_cutoffs, rank_key
from simcrm.lifecycle.llm_timing import apply_proposed_times, default_delay_minutes
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleStage, LifecycleTrigger, TriggerEvent
from simcrm.synthetic.scenario import ActivityRule, CountRange, ScenarioParameters
from simcrm.synthetic.seeded_random import SeedSequence

SEED = SeedSequence("upgrade")
LEADS = 300
BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
CALLS, NOTES, TASKS, DEALS, TICKETS = (
    ObjectType.CALLS,
    ObjectType.NOTES,
    ObjectType.TASKS,
    ObjectType.DEALS,
    ObjectType.TICKETS,
)
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


def settings(cutoff: datetime | None = None, *, emit_stage_changes: bool = False) -> LifecycleSettings:
    return LifecycleSettings(
        parameters=PARAMETERS, pipeline=DEFAULT_PIPELINE, cutoff=cutoff, emit_stage_changes=emit_stage_changes
    )


def timeline(index: int, cutoff: datetime | None = None, *, emit_stage_changes: bool = False) -> list[ActivityEvent]:
    world = settings(cutoff, emit_stage_changes=emit_stage_changes)
    return simulate_lead(SEED, index, START, zone=BERLIN, **world)


def fingerprint(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def line(index: int, event: ActivityEvent) -> str:
    deal = event.deal
    about = "" if deal is None else f"{deal.stage} {deal.outcome} {seconds(deal.opened_at)} {seconds(deal.closes_at)}"
    return f"{index} {event.object_type} {event.ordinal} {seconds(event.at)} {event.trigger} {event.stage} {about}"


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.mark.parametrize(
    ("days", "emit_stage_changes", "expected"),
    [
        (None, False, "5aeb4caa22f7ee15"),
        (None, True, "6d1f525103a9b980"),
        (25, False, "710ad06a63fb938e"),
        (25, True, "a5795c577e065bca"),
    ],
)
def test_timelines_are_those_that_an_earlier_release_has_begun(
    days: int | None, expected: str, *, emit_stage_changes: bool
) -> None:
    cutoff = None if days is None else START + timedelta(days=days)

    lines = [
        line(index, event)
        for index in range(LEADS)
        for event in timeline(index, cutoff, emit_stage_changes=emit_stage_changes)
    ]

    assert fingerprint(lines) == expected


def test_stages_are_those_that_an_earlier_release_has_begun() -> None:
    cutoff = START + timedelta(days=25)
    stages = [initial_stage(SEED, index, START, zone=BERLIN, **settings(cutoff)) for index in range(LEADS)]

    assert fingerprint([str(stage) for stage in stages]) == "8e4772f9527bdd63"
    assert initial_stage(SEED, 0, START, **settings(emit_stage_changes=True)) is LifecycleStage.LEAD


def test_ranks_fit_the_cutoffs_that_an_earlier_release_has_planned() -> None:
    event = ActivityEvent(CALLS, 3, START, LifecycleTrigger.CREATED)

    assert rank_key(SEED) == 15_516_465_675_621_273_032
    assert [budget_rank(rank_key(SEED), index, event) for index in (0, 7)] == [
        15_054_217_365_288_782_875,
        9_548_525_521_989_284_757,
    ]
    cutoffs = compute_budget_cutoffs(SEED, LEADS, timeline, PARAMETERS.caps, {NOTES: 100, CALLS: 50, TASKS: 70})
    assert cutoffs == {
        NOTES: 2_940_874_885_313_131_856,
        CALLS: 3_974_306_462_373_715_644,
        TASKS: 4_357_971_357_420_098_509,
    }


def test_estimated_cutoffs_are_the_share_that_fits() -> None:
    assert estimate_budget_cutoffs({NOTES: 100, CALLS: 5, TASKS: 9}, {NOTES: 25, CALLS: 5}) == {NOTES: (1 << 62) - 1}
    assert estimate_budget_cutoffs({NOTES: 100}, {NOTES: 0}) == {NOTES: -1}


def test_a_budget_that_all_activities_fit_has_no_cutoff() -> None:
    activities = [event for index in range(LEADS) for event in timeline(index) if event.object_type is NOTES]

    assert compute_budget_cutoffs(SEED, LEADS, timeline, PARAMETERS.caps, {NOTES: len(activities)}) == {}
    assert list(compute_budget_cutoffs(SEED, LEADS, timeline, PARAMETERS.caps, {NOTES: len(activities) - 1})) == [NOTES]


def with_deal(outcome: DealOutcome) -> int:
    """The first lead with a deal of this outcome."""
    return next(
        index
        for index in range(LEADS)
        if any(event.deal is not None and event.deal.outcome is outcome for event in timeline(index))
    )


def test_of_the_leads_that_are_not_qualified_three_in_ten_were_in_talks() -> None:
    ends = [lifecycle_triggers(SEED, index, START, settings(), UTC_ZONE)[-1].trigger for index in range(3_000)]
    unqualified = [end for end in ends if end in {LifecycleTrigger.CREATED, LifecycleTrigger.REGRESSED}]

    assert 0.26 < unqualified.count(LifecycleTrigger.REGRESSED) / len(unqualified) < 0.34


def test_what_happens_at_the_cutoff_is_in_and_what_comes_after_it_is_not() -> None:
    for index in range(30):
        for event in timeline(index):
            places = [(one.object_type, one.ordinal) for one in timeline(index, event.at)]
            earlier = [(one.object_type, one.ordinal) for one in timeline(index, event.at - timedelta(microseconds=1))]
            assert (event.object_type, event.ordinal) in places
            assert (event.object_type, event.ordinal) not in earlier


@pytest.mark.parametrize("outcome", [DealOutcome.WON, DealOutcome.LOST])
def test_a_deal_that_closes_at_the_cutoff_is_closed(outcome: DealOutcome) -> None:
    index = with_deal(outcome)
    deal = next(event.deal for event in timeline(index) if event.deal is not None)

    at_the_end = next(event.deal for event in timeline(index, deal.closes_at) if event.deal is not None)
    before = timeline(index, deal.closes_at - timedelta(microseconds=1))

    assert at_the_end == deal
    assert {event.deal.outcome for event in before if event.deal is not None} == {DealOutcome.OPEN}


def test_triggers_at_the_cutoff_have_happened() -> None:
    for index in range(30):
        triggers = lifecycle_triggers(SEED, index, START, settings(), BERLIN)
        assert triggers[0] == TriggerEvent(LifecycleTrigger.CREATED, START)
        for earlier, later in pairwise(triggers):
            assert lifecycle_triggers(SEED, index, START, settings(earlier.at), BERLIN)[-1] == earlier
            assert later in lifecycle_triggers(SEED, index, START, settings(later.at), BERLIN)


def delays(trigger: LifecycleTrigger, kind: ObjectType) -> list[float]:
    """Minutes from a trigger to the activity that a rule lets follow, if both are within one working day."""
    found: list[float] = []
    for index in range(LEADS):
        causes = {cause.trigger: cause.at for cause in lifecycle_triggers(SEED, index, START, settings(), UTC_ZONE)}
        found += [
            (event.at - causes[trigger]) / timedelta(minutes=1)
            for event in simulate_lead(SEED, index, START, **settings())
            if event.trigger is trigger and event.object_type is kind and event.at.date() == causes[trigger].date()
        ]
    return found


def test_a_rules_delay_lies_within_its_spread_on_both_sides() -> None:
    minutes = delays(LifecycleTrigger.CREATED, NOTES)

    assert 10 <= min(minutes) < 25
    assert 95 < max(minutes) <= 110


def test_no_activity_follows_its_cause_in_less_than_a_minute() -> None:
    assert set(delays(LifecycleTrigger.WON, NOTES)) == {1.0}


def propose(
    minutes: int | None, ruled: int = 30, cutoff: int | None = None, kind: ObjectType = NOTES
) -> tuple[float, int, int]:
    """A proposal for one activity: its minutes in the end, and the counts by model and by default."""
    created = TriggerEvent(LifecycleTrigger.CREATED, START)
    event = ActivityEvent(kind, 0, START + timedelta(minutes=ruled), LifecycleTrigger.CREATED)
    limit = None if cutoff is None else START + timedelta(minutes=cutoff)
    timing = apply_proposed_times([event], [created], [minutes], zone=UTC_ZONE, cutoff=limit)
    return (timing.events[0].at - START) / timedelta(minutes=1), timing.by_model, timing.by_default


@pytest.mark.parametrize(
    ("minutes", "cutoff", "expected"),
    [
        (1, None, (1, 1, 0)),
        (0, None, (30, 0, 1)),
        (90, None, (90, 1, 0)),
        (91, None, (30, 0, 1)),
        (60, 60, (60, 1, 0)),
        (60, 59, (30, 0, 1)),
        (91, 200, (30, 0, 1)),
        (None, None, (30, 0, 1)),
    ],
)
def test_a_proposal_counts_if_it_is_within_its_bounds(
    minutes: int | None, cutoff: int | None, expected: tuple[float, int, int]
) -> None:
    assert propose(minutes, cutoff=cutoff) == expected


def test_what_cannot_move_is_timed_by_nobody() -> None:
    assert propose(60, kind=DEALS) == (30, 0, 0)


@pytest.mark.parametrize(("after", "minutes"), [(5, 1), (60, 1), (89, 1), (150, 2), (3_600, 60)])
def test_a_delay_is_told_in_whole_minutes_and_never_as_none(after: int, minutes: int) -> None:
    event = ActivityEvent(NOTES, 0, START + timedelta(seconds=after), LifecycleTrigger.CREATED)

    assert default_delay_minutes(event, [TriggerEvent(LifecycleTrigger.CREATED, START)]) == minutes


def test_support_follows_a_purchase_by_days() -> None:
    waits = [
        (event.at - event.deal.closes_at).days
        for index in range(2_000)
        for event in simulate_lead(SEED, index, datetime(2026, 3, 2, 10, tzinfo=UTC), **settings())
        if event.object_type is TICKETS and event.deal is not None
    ]

    assert 4 <= min(waits) <= 8
    assert 40 <= max(waits) <= 48
