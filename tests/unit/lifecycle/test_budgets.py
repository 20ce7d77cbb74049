"""Budgets of a whole simulation, kept by functions that never meet."""

from collections import Counter

import pytest
from builders import START

from simcrm.generation import load_scenario
from simcrm.generation.draws import Seed
from simcrm.lifecycle import DEFAULT_PIPELINE, Cuts, World, budget_cuts, life_of_lead, within_budget
from simcrm.models.events import ActivityEvent
from simcrm.models.objects import ObjectType

LEADS = 600
SEED = Seed("budgets")
WORLD = World(parameters=load_scenario("B2B").parameters, pipeline=DEFAULT_PIPELINE, horizon=None, unfolds=False)
LIVES = [(index, life_of_lead(SEED, index, START, **WORLD)) for index in range(LEADS)]
NOTES, CALLS, TICKETS = ObjectType.NOTES, ObjectType.CALLS, ObjectType.TICKETS


def kept(cuts: Cuts) -> list[list[ActivityEvent]]:
    return [within_budget(SEED, index, events, cuts) for index, events in reversed(LIVES)][::-1]


def counted(lives: list[list[ActivityEvent]]) -> Counter[ObjectType]:
    return Counter(event.object_type for events in lives for event in events)


@pytest.mark.parametrize("budget", [0, 1, 100, 500])
def test_a_budget_is_exact(budget: int) -> None:
    cuts = budget_cuts(SEED, LIVES, {NOTES: budget})

    assert counted(kept(cuts))[NOTES] == budget


def test_other_types_keep_all_they_have() -> None:
    everything = counted([events for _, events in LIVES])
    left = counted(kept(budget_cuts(SEED, LIVES, {NOTES: 10, TICKETS: 1})))

    assert (left[NOTES], left[TICKETS]) == (10, 1)
    assert {kind: left[kind] for kind in everything if kind not in {NOTES, TICKETS}} == {
        kind: everything[kind] for kind in everything if kind not in {NOTES, TICKETS}
    }


def test_a_budget_that_nothing_exceeds_cuts_nothing() -> None:
    assert budget_cuts(SEED, LIVES, {NOTES: 10 * LEADS, CALLS: 10 * LEADS}) == {}


def test_a_budget_falls_on_early_and_late_records_alike() -> None:
    lives = kept(budget_cuts(SEED, LIVES, {NOTES: 400}))
    halves = [counted(lives[: LEADS // 2])[NOTES], counted(lives[LEADS // 2 :])[NOTES]]

    assert min(halves) > 150
