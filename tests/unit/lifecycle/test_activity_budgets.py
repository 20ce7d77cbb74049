"""Budgets of a whole simulation, kept by functions that never meet."""

from collections import Counter
from collections.abc import Mapping

import pytest
from builders import START

from simcrm.lifecycle import BudgetCutoffs, LifecycleSettings, apply_budget, compute_budget_cutoffs, simulate_lead
from simcrm.lifecycle.activity_budgets import budget_rank, rank_key
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import load_scenario
from simcrm.synthetic.seeded_random import SeedSequence

LEADS = 600
SEED = SeedSequence("budgets")
WORLD = LifecycleSettings(
    parameters=load_scenario("B2B").parameters, pipeline=DEFAULT_PIPELINE, cutoff=None, emit_stage_changes=False
)
PARAMETERS = WORLD["parameters"]
UNFOLDING = LifecycleSettings(parameters=PARAMETERS, pipeline=DEFAULT_PIPELINE, cutoff=None, emit_stage_changes=True)
LIVES = [simulate_lead(SEED, index, START, **WORLD) for index in range(LEADS)]
NOTES, CALLS, TASKS, TICKETS, DEALS = (
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
    ObjectType.DEALS,
)


def apply_cutoffs(cutoffs: BudgetCutoffs) -> list[list[ActivityEvent]]:
    """What is left where functions take the records in another order than the plan did."""
    return [apply_budget(SEED, index, LIVES[index], cutoffs) for index in reversed(range(LEADS))][::-1]


def compute_cutoffs(budgets: dict[ObjectType, int], caps: Mapping[ObjectType, int] = PARAMETERS.caps) -> BudgetCutoffs:
    return compute_budget_cutoffs(SEED, LEADS, LIVES.__getitem__, caps, budgets)


def count_types(timelines: list[list[ActivityEvent]]) -> Counter[ObjectType]:
    return Counter(event.object_type for events in timelines for event in events)


EVERYTHING = count_types(LIVES)


@pytest.mark.parametrize("caps", [PARAMETERS.caps, {}], ids=["capped", "uncapped"])
@pytest.mark.parametrize("budget", [0, 1, 2, 100, 500, EVERYTHING[NOTES] - 1])
def test_a_budget_is_exact(budget: int, caps: Mapping[ObjectType, int]) -> None:
    assert count_types(apply_cutoffs(compute_cutoffs({NOTES: budget}, caps)))[NOTES] == budget


def test_all_budgets_of_a_scenario_are_exact_together() -> None:
    budgets = {NOTES: 310, CALLS: 77, TASKS: 123, TICKETS: 9}
    left = count_types(apply_cutoffs(compute_cutoffs(budgets)))

    assert {kind: left[kind] for kind in budgets} == budgets


def test_other_types_keep_all_they_have() -> None:
    left = count_types(apply_cutoffs(compute_cutoffs({NOTES: 10, TICKETS: 1})))

    assert (left[NOTES], left[TICKETS]) == (10, 1)
    assert {kind: left[kind] for kind in EVERYTHING if kind not in {NOTES, TICKETS}} == {
        kind: EVERYTHING[kind] for kind in EVERYTHING if kind not in {NOTES, TICKETS}
    }


@pytest.mark.parametrize("room", [0, 1, 10 * LEADS])
def test_a_budget_that_nothing_exceeds_cuts_nothing(room: int) -> None:
    assert compute_cutoffs({kind: EVERYTHING[kind] + room for kind in (NOTES, CALLS)}) == {}


def test_a_budget_falls_on_early_and_late_records_alike() -> None:
    timelines = apply_cutoffs(compute_cutoffs({NOTES: 400}))
    halves = [count_types(timelines[: LEADS // 2])[NOTES], count_types(timelines[LEADS // 2 :])[NOTES]]

    assert min(halves) > 150


def test_a_life_that_unfolds_is_counted_by_records_and_not_by_what_changes_in_them() -> None:
    timelines = [simulate_lead(SEED, index, START, **UNFOLDING) for index in range(LEADS)]
    cutoffs = compute_budget_cutoffs(SEED, LEADS, timelines.__getitem__, PARAMETERS.caps, {DEALS: 20, NOTES: 100})
    left = [apply_budget(SEED, index, events, cutoffs) for index, events in enumerate(timelines)]

    records = {(index, event.object_type) for index, events in enumerate(left) for event in events}
    assert sum(kind is DEALS for _, kind in records) == 20
    assert count_types(left)[NOTES] == 100


def test_most_lives_are_never_looked_at() -> None:
    looked: list[int] = []

    def life(index: int) -> list[ActivityEvent]:
        looked.append(index)
        return LIVES[index % LEADS]

    cutoffs = compute_budget_cutoffs(SEED, 20_000, life, PARAMETERS.caps, {NOTES: 50})

    left = [apply_budget(SEED, index, LIVES[index % LEADS], cutoffs) for index in range(20_000)]
    assert count_types(left)[NOTES] == 50
    assert len(looked) < 2_000


def test_ranks_of_different_activities_differ_and_another_seed_shuffles_anew() -> None:
    def ranks(seed: SeedSequence) -> list[int]:
        return [budget_rank(rank_key(seed), index, event) for index, events in enumerate(LIVES) for event in events]

    assert len(set(ranks(SEED))) == len(ranks(SEED))
    assert set(ranks(SEED)).isdisjoint(ranks(SeedSequence("other")))
