"""Budgets: how many activities of a type a whole simulation may have, whichever function makes them.

Each activity has a rank that follows from the seed alone, as if all were shuffled. The plan finds, for each type
that has more activities than its budget, the rank of the last one that still fits; every later step keeps what ranks no
higher. So a budget is exact, falls evenly over all records, and needs no counter.

A rank follows from an activity's place alone, not from whether there is such an activity. So the plan looks only at
lives that could hold something of a rank that is still low enough, ever fewer the more it has seen.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic.seeded_random import SeedSequence

BudgetCutoffs = dict[ObjectType, int]

RANKS = 1 << 64
_MASK = RANKS - 1
_STEP = 0x9E3779B97F4A7C15
_TYPES = {kind: place << 16 for place, kind in enumerate(ObjectType)}
_RECORD = 1 << 20
"""Room for 16 types of 65,536 activities in one record."""


def budget_rank(key: int, index: int, event: ActivityEvent) -> int:
    """The place of an activity in the shuffle of its type: below 2**64, and no two are alike."""
    return _mix((key + (index * _RECORD + _place(event)) * _STEP) & _MASK)


def rank_key(seed: SeedSequence) -> int:
    """What makes the shuffle this seed's."""
    return seed.constant("budgets")


def _place(event: ActivityEvent) -> int:
    return _TYPES[event.object_type] + event.ordinal


def _mix(value: int) -> int:
    """The finalizer of SplitMix64: one-to-one, so different places never share a rank."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


class _KLowest:
    """The lowest ``size`` numbers of many, with never more than about twice as many in memory."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = array("Q")
        self.bound = RANKS if size else 0
        """Numbers from here on are none of the lowest."""

    def add(self, number: int) -> None:
        if number < self.bound:
            self._numbers.append(number)
            if len(self._numbers) > 2 * self._size:
                self._drop()

    def cutoff(self) -> int | None:
        """The highest of them, -1 where there may be none, or None where all numbers were few enough."""
        if len(self._numbers) > self._size:
            self._drop()
        return None if self.bound == RANKS else self.bound - 1

    def _drop(self) -> None:
        self._numbers = array("Q", sorted(self._numbers)[: self._size])
        self.bound = self._numbers[-1] + 1


def compute_budget_cutoffs(
    seed: SeedSequence,
    records: int,
    timeline_for: Callable[[int], Iterable[ActivityEvent]],
    caps: Mapping[ObjectType, int],
    budgets: Mapping[ObjectType, int],
) -> BudgetCutoffs:
    """The highest rank that is kept, for each type whose budget is spent; -1 keeps none.

    ``timeline_for`` tells the activities of a record by its index; ``caps`` how many of a type it has at most.
    """
    scarce = {kind: budget for kind, budget in budgets.items() if records * caps.get(kind, _RECORD) > budget}
    lowest = {kind: _KLowest(budget) for kind, budget in scarce.items()}
    key = rank_key(seed)
    places = [(_TYPES[kind] + ordinal, lowest[kind]) for kind in scarce for ordinal in range(caps.get(kind, 0))]
    offsets = [(place * _STEP, k_lowest) for place, k_lowest in places]
    looks_at_all = any(kind not in caps for kind in scarce)
    for index in range(records if scarce else 0):
        if looks_at_all or _may_count(key + index * _RECORD * _STEP, offsets):
            candidates = {
                (event.object_type, event.ordinal): event
                for event in timeline_for(index)
                if event.object_type in lowest
            }
            for event in candidates.values():
                lowest[event.object_type].add(budget_rank(key, index, event))
    return {kind: cut for kind, kept in lowest.items() if (cut := kept.cutoff()) is not None}


def _may_count(base: int, offsets: Iterable[tuple[int, _KLowest]]) -> bool:
    """Whether any activity that a record could have is among the lowest so far."""
    return any(_mix(base + offset & _MASK) < k_lowest.bound for offset, k_lowest in offsets)


def estimate_budget_cutoffs(expected: Mapping[ObjectType, int], budgets: Mapping[ObjectType, int]) -> BudgetCutoffs:
    """About the same without a look at all lives, from how many activities are expected; ranks are spread evenly."""
    over = {kind: count for kind, count in expected.items() if kind in budgets and count > budgets[kind]}
    return {kind: (budgets[kind] * RANKS) // count - 1 for kind, count in over.items()}


def apply_budget(
    seed: SeedSequence, index: int, events: list[ActivityEvent], cutoffs: Mapping[ObjectType, int]
) -> list[ActivityEvent]:
    """The activities of a record that the budgets leave."""
    if not cutoffs:
        return events
    key = rank_key(seed)
    return [
        event
        for event in events
        if event.object_type not in cutoffs or budget_rank(key, index, event) <= cutoffs[event.object_type]
    ]
