"""Budgets of a whole simulation, kept by functions that never meet."""

from collections import Counter
from collections.abc import Mapping

import pytest
from builders import START

from simcrm.lifecycle import Cuts, World, budget_cuts, life_of_lead, within_budget
from simcrm.lifecycle.activity_budgets import rank, rank_key
from simcrm.models.crm_objects import ObjectType
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import load_scenario
from simcrm.synthetic.seeded_random import Seed

LEADS = 600
SEED = Seed("budgets")
WORLD = World(parameters=load_scenario("B2B").parameters, pipeline=DEFAULT_PIPELINE, horizon=None, unfolds=False)
PARAMETERS = WORLD["parameters"]
UNFOLDING = World(parameters=PARAMETERS, pipeline=DEFAULT_PIPELINE, horizon=None, unfolds=True)
LIVES = [life_of_lead(SEED, index, START, **WORLD) for index in range(LEADS)]
NOTES, CALLS, TASKS, TICKETS, DEALS = (
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
    ObjectType.DEALS,
)


def kept(cuts: Cuts) -> list[list[ActivityEvent]]:
    """What is left where functions take the records in another order than the plan did."""
    return [within_budget(SEED, index, LIVES[index], cuts) for index in reversed(range(LEADS))][::-1]


def cuts_of(budgets: dict[ObjectType, int], caps: Mapping[ObjectType, int] = PARAMETERS.caps) -> Cuts:
    return budget_cuts(SEED, LEADS, LIVES.__getitem__, caps, budgets)


def counted(lives: list[list[ActivityEvent]]) -> Counter[ObjectType]:
    return Counter(event.object_type for events in lives for event in events)


EVERYTHING = counted(LIVES)


@pytest.mark.parametrize("caps", [PARAMETERS.caps, {}], ids=["capped", "uncapped"])
@pytest.mark.parametrize("budget", [0, 1, 2, 100, 500, EVERYTHING[NOTES] - 1])
def test_a_budget_is_exact(budget: int, caps: Mapping[ObjectType, int]) -> None:
    assert counted(kept(cuts_of({NOTES: budget}, caps)))[NOTES] == budget


def test_all_budgets_of_a_scenario_are_exact_together() -> None:
    budgets = {NOTES: 310, CALLS: 77, TASKS: 123, TICKETS: 9}
    left = counted(kept(cuts_of(budgets)))

    assert {kind: left[kind] for kind in budgets} == budgets


def test_other_types_keep_all_they_have() -> None:
    left = counted(kept(cuts_of({NOTES: 10, TICKETS: 1})))

    assert (left[NOTES], left[TICKETS]) == (10, 1)
    assert {kind: left[kind] for kind in EVERYTHING if kind not in {NOTES, TICKETS}} == {
        kind: EVERYTHING[kind] for kind in EVERYTHING if kind not in {NOTES, TICKETS}
    }


@pytest.mark.parametrize("room", [0, 1, 10 * LEADS])
def test_a_budget_that_nothing_exceeds_cuts_nothing(room: int) -> None:
    assert cuts_of({kind: EVERYTHING[kind] + room for kind in (NOTES, CALLS)}) == {}


def test_a_budget_falls_on_early_and_late_records_alike() -> None:
    lives = kept(cuts_of({NOTES: 400}))
    halves = [counted(lives[: LEADS // 2])[NOTES], counted(lives[LEADS // 2 :])[NOTES]]

    assert min(halves) > 150


def test_a_life_that_unfolds_is_counted_by_records_and_not_by_what_changes_in_them() -> None:
    lives = [life_of_lead(SEED, index, START, **UNFOLDING) for index in range(LEADS)]
    cuts = budget_cuts(SEED, LEADS, lives.__getitem__, PARAMETERS.caps, {DEALS: 20, NOTES: 100})
    left = [within_budget(SEED, index, events, cuts) for index, events in enumerate(lives)]

    records = {(index, event.object_type) for index, events in enumerate(left) for event in events}
    assert sum(kind is DEALS for _, kind in records) == 20
    assert counted(left)[NOTES] == 100


def test_most_lives_are_never_looked_at() -> None:
    looked: list[int] = []

    def life(index: int) -> list[ActivityEvent]:
        looked.append(index)
        return LIVES[index % LEADS]

    cuts = budget_cuts(SEED, 20_000, life, PARAMETERS.caps, {NOTES: 50})

    left = [within_budget(SEED, index, LIVES[index % LEADS], cuts) for index in range(20_000)]
    assert counted(left)[NOTES] == 50
    assert len(looked) < 2_000


def test_ranks_of_different_activities_differ_and_another_seed_shuffles_anew() -> None:
    def ranks(seed: Seed) -> list[int]:
        return [rank(rank_key(seed), index, event) for index, events in enumerate(LIVES) for event in events]

    assert len(set(ranks(SEED))) == len(ranks(SEED))
    assert set(ranks(SEED)).isdisjoint(ranks(Seed("other")))
