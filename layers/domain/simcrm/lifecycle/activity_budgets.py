"""Budgets: the maximum number of activities per type in a whole simulation, regardless of which function makes them.

Each activity has a rank that depends only on the seed and its place, as in a shuffle. For each type with more
activities than its budget, the plan finds the rank of the last activity that fits: the cut-off. Every later step keeps
the activities at or below it. A budget is therefore exact, spreads evenly over all records, and needs no counter.

A rank does not depend on whether the activity exists. The plan therefore simulates only the timelines that could have
an activity with a low enough rank, and fewer of them as it proceeds.
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
    """Return an activity's rank within its type: unique, and below 2**64."""
    return _mix((key + (index * _RECORD + _place(event)) * _STEP) & _MASK)


def rank_key(seed: SeedSequence) -> int:
    """Return the constant that makes the ranks depend on the seed."""
    return seed.constant("budgets")


def _place(event: ActivityEvent) -> int:
    return _TYPES[event.object_type] + event.ordinal


def _mix(value: int) -> int:
    """Apply SplitMix64's finalizer, which is one-to-one, so different places never share a rank."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


class _KLowest:
    """The lowest ``size`` of many numbers, with at most about twice as many in memory."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = array("Q")
        self.bound = RANKS if size else 0
        """Numbers at or above this bound are not among the lowest."""

    def add(self, number: int) -> None:
        if number < self.bound:
            self._numbers.append(number)
            if len(self._numbers) > 2 * self._size:
                self._drop()

    def cutoff(self) -> int | None:
        """Return the highest of the lowest numbers, -1 if ``size`` is 0, or None if all numbers fit."""
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
    """Return the highest rank to keep for each type that exceeds its budget; -1 keeps none.

    ``timeline_for`` returns the activities of a record by index; ``caps`` limits how many of a type a record has.
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
    """Whether any activity that a record could have is among the lowest ranks so far."""
    return any(_mix(base + offset & _MASK) < k_lowest.bound for offset, k_lowest in offsets)


def estimate_budget_cutoffs(expected: Mapping[ObjectType, int], budgets: Mapping[ObjectType, int]) -> BudgetCutoffs:
    """Estimate the cut-offs from the expected number of activities, without simulating timelines; ranks are uniform."""
    over = {kind: count for kind, count in expected.items() if kind in budgets and count > budgets[kind]}
    return {kind: (budgets[kind] * RANKS) // count - 1 for kind, count in over.items()}


def apply_budget(
    seed: SeedSequence, index: int, events: list[ActivityEvent], cutoffs: Mapping[ObjectType, int]
) -> list[ActivityEvent]:
    """Return the activities of a record that are within the budgets."""
    if not cutoffs:
        return events
    key = rank_key(seed)
    return [
        event
        for event in events
        if event.object_type not in cutoffs or budget_rank(key, index, event) <= cutoffs[event.object_type]
    ]
