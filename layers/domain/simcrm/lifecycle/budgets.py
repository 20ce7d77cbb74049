"""Budgets: how many activities of a type a whole simulation may have, whichever function makes them.

Each activity has a rank that follows from the seed alone, as if all were shuffled. The plan finds, for each type
that has more activities than its budget, the rank of the last one that still fits; every later step keeps what ranks no
higher. So a budget is exact, falls evenly over all records, and needs no counter.
"""

from array import array
from collections.abc import Iterable, Mapping

from simcrm.generation.draws import Seed, Stream
from simcrm.models.events import ActivityEvent
from simcrm.models.objects import ObjectType

PARTS = {kind: place << 8 for place, kind in enumerate(ObjectType)}
"""Room for 256 activities of a type in one record's draws."""

Cuts = dict[ObjectType, int]
RANKS = 1 << 64


def rank(seed: Seed, index: int, event: ActivityEvent) -> int:
    """The place of an activity in the shuffle of its type: 64 bits, practically without ties."""
    draws = seed.draws(Stream.BUDGET, index, PARTS[event.object_type] + event.ordinal)
    return draws.bits() << 32 | draws.bits()


def budget_cuts(
    seed: Seed, lives: Iterable[tuple[int, list[ActivityEvent]]], budgets: Mapping[ObjectType, int]
) -> Cuts:
    """The highest rank that is kept, for each type whose budget is spent; -1 keeps none."""
    ranks = {kind: array("Q") for kind in budgets}
    for index, events in lives:
        for event in events:
            if event.object_type in ranks:
                ranks[event.object_type].append(rank(seed, index, event))
    over = {kind: found for kind, found in ranks.items() if len(found) > budgets[kind]}
    return {kind: sorted(found)[budgets[kind] - 1] if budgets[kind] else -1 for kind, found in over.items()}


def expected_cuts(expected: Mapping[ObjectType, int], budgets: Mapping[ObjectType, int]) -> Cuts:
    """About the same without a look at all lives, from how many activities are expected; ranks are spread evenly."""
    over = {kind: count for kind, count in expected.items() if kind in budgets and count > budgets[kind]}
    return {kind: (budgets[kind] * RANKS) // count - 1 for kind, count in over.items()}


def within_budget(
    seed: Seed, index: int, events: list[ActivityEvent], cuts: Mapping[ObjectType, int]
) -> list[ActivityEvent]:
    """The activities of a record that the budgets leave."""
    if not cuts:
        return events
    return [
        event
        for event in events
        if event.object_type not in cuts or rank(seed, index, event) <= cuts[event.object_type]
    ]
