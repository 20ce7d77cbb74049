"""Budgets of a whole simulation, kept by functions that never meet."""

from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest
from accounts import ARRIVAL, settings
from unit.lifecycle.many_accounts import business_histories, contact_events

from simcrm.lifecycle.account_events import EventSettings
from simcrm.lifecycle.activity_budgets import (
    BudgetCutoffs,
    apply_budget,
    budget_rank,
    compute_budget_cutoffs,
    estimate_budget_cutoffs,
    rank_key,
)
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent, LifecycleTrigger
from simcrm.synthetic.seeded_random import SeedSequence

ACCOUNTS, CONTACTS = 120, 600
SEED = SeedSequence("budgets")
CAPS = settings().parameters.caps
NOTES, CALLS, TASKS, TICKETS, DEALS = (
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
    ObjectType.DEALS,
)
Events = list[list[ActivityEvent]]


@cache
def all_events(*, emit_changes: bool = False) -> Events:
    """The events of 600 contacts."""
    using = EventSettings(DEFAULT_PIPELINE, CAPS, None, emit_changes=emit_changes)
    return list(contact_events(business_histories()[:ACCOUNTS], using))


def apply_cutoffs(cutoffs: BudgetCutoffs) -> Events:
    """What is left where functions take the records in another order than the plan did."""
    return [apply_budget(SEED, index, all_events()[index], cutoffs) for index in reversed(range(CONTACTS))][::-1]


def compute_cutoffs(budgets: dict[ObjectType, int], caps: Mapping[ObjectType, int] = CAPS) -> BudgetCutoffs:
    return compute_budget_cutoffs(SEED, CONTACTS, all_events().__getitem__, caps, budgets)


def count_types(events: Events) -> Counter[ObjectType]:
    return Counter(event.object_type for own in events for event in own)


def everything() -> Counter[ObjectType]:
    return count_types(all_events())


@pytest.mark.parametrize("caps", [CAPS, {}], ids=["capped", "uncapped"])
@pytest.mark.parametrize("budget", [0, 1, 2, 100, 500, None])
def test_a_budget_is_exact(budget: int | None, caps: Mapping[ObjectType, int]) -> None:
    notes = everything()[NOTES] - 1 if budget is None else budget

    assert count_types(apply_cutoffs(compute_cutoffs({NOTES: notes}, caps)))[NOTES] == notes


def test_all_budgets_of_a_scenario_are_exact_together() -> None:
    budgets = {NOTES: 310, CALLS: 77, TASKS: 123, TICKETS: 9}
    left = count_types(apply_cutoffs(compute_cutoffs(budgets)))

    assert {kind: left[kind] for kind in budgets} == budgets


def test_other_types_keep_all_they_have() -> None:
    left = count_types(apply_cutoffs(compute_cutoffs({NOTES: 10, TICKETS: 1})))

    assert (left[NOTES], left[TICKETS]) == (10, 1)
    assert {kind: left[kind] for kind in everything() if kind not in {NOTES, TICKETS}} == {
        kind: everything()[kind] for kind in everything() if kind not in {NOTES, TICKETS}
    }


@pytest.mark.parametrize("room", [0, 1, 10 * CONTACTS])
def test_a_budget_that_nothing_exceeds_cuts_nothing(room: int) -> None:
    assert compute_cutoffs({kind: everything()[kind] + room for kind in (NOTES, CALLS)}) == {}


def test_a_budget_falls_on_early_and_late_records_alike() -> None:
    left = apply_cutoffs(compute_cutoffs({NOTES: 400}))
    halves = [count_types(left[: CONTACTS // 2])[NOTES], count_types(left[CONTACTS // 2 :])[NOTES]]

    assert min(halves) > 150


def test_a_history_that_unfolds_is_counted_by_records_and_not_by_what_changes_in_them() -> None:
    events = all_events(emit_changes=True)
    cutoffs = compute_budget_cutoffs(SEED, CONTACTS, events.__getitem__, CAPS, {DEALS: 20, NOTES: 100, TASKS: 30})
    left = [apply_budget(SEED, index, own, cutoffs) for index, own in enumerate(events)]

    records = Counter(kind for _, kind, _ in {(i, e.object_type, e.ordinal) for i, own in enumerate(left) for e in own})
    assert (records[DEALS], records[NOTES], records[TASKS]) == (20, 100, 30)
    assert count_types(left)[DEALS] > 20
    assert count_types(left)[NOTES] == 100


def test_most_histories_are_never_looked_at() -> None:
    looked: list[int] = []

    def events(index: int) -> list[ActivityEvent]:
        looked.append(index)
        return all_events()[index % CONTACTS]

    cutoffs = compute_budget_cutoffs(SEED, 20_000, events, CAPS, {NOTES: 50})

    left = [apply_budget(SEED, index, all_events()[index % CONTACTS], cutoffs) for index in range(20_000)]
    assert count_types(left)[NOTES] == 50
    assert len(looked) < 2_000


def test_ranks_of_different_activities_differ_and_another_seed_shuffles_anew() -> None:
    def ranks(seed: SeedSequence) -> list[int]:
        return [budget_rank(rank_key(seed), index, event) for index, own in enumerate(all_events()) for event in own]

    assert len(set(ranks(SEED))) == len(ranks(SEED))
    assert set(ranks(SEED)).isdisjoint(ranks(SeedSequence("other")))


def test_ranks_fit_the_cutoffs_that_an_earlier_release_has_planned() -> None:
    key, event = rank_key(SeedSequence("upgrade")), ActivityEvent(CALLS, 3, ARRIVAL, LifecycleTrigger.CREATED)

    assert key == 15_516_465_675_621_273_032
    assert [budget_rank(key, index, event) for index in (0, 7)] == [
        15_054_217_365_288_782_875,
        9_548_525_521_989_284_757,
    ]


def test_estimated_cutoffs_are_the_share_that_fits() -> None:
    assert estimate_budget_cutoffs({NOTES: 100, CALLS: 5, TASKS: 9}, {NOTES: 25, CALLS: 5}) == {NOTES: (1 << 62) - 1}
    assert estimate_budget_cutoffs({NOTES: 100}, {NOTES: 0}) == {NOTES: -1}
