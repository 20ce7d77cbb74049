"""The chaos run's own judgement: its faults follow from the seed, and it sees each way a promise can break."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from chaos_faults import KINDS, MEAN_GAP_SECONDS, MOST_CALLS, schedule
from chaos_promises import ChaosResult, judge, table

KEPT = ChaosResult(
    status="SUCCEEDED",
    planned=frozenset({"a", "b", "c"}),
    ledger={"a": ("written", None), "b": ("written", None), "c": ("refused", "HubSpot said no")},
    portal=["a", "b"],
    unlinked=[],
    paid=5,
    retained=4,
    in_flight=1,
)


def broken(found: ChaosResult) -> list[str]:
    return [item.what for item in judge(found) if item.is_met is False]


def test_a_seed_fixes_every_fault() -> None:
    first, again, other = (list(schedule(seed, 5_000)) for seed in (1, 1, 2))

    assert first == again != other


def test_faults_come_in_order_and_all_kinds_do() -> None:
    faults = list(schedule(3, 50_000))

    assert all(one.at <= two.at for one, two in pairwise(faults))
    assert faults[-1].at / len(faults) == pytest.approx(MEAN_GAP_SECONDS, rel=0.1)
    assert Counter(fault.kind for fault in faults).keys() == KINDS.keys()
    assert {fault.calls for fault in faults} == set(range(1, MOST_CALLS + 1))


def test_a_larger_run_meets_more_faults_and_the_same_ones_at_first() -> None:
    small, large = list(schedule(1, 300)), list(schedule(1, 5_000))

    assert len(small) < len(large)
    assert large[: len(small)] == small


def test_a_run_that_kept_its_promises_breaks_none() -> None:
    assert broken(KEPT) == []
    assert "broken" not in table("seed 1", judge(KEPT))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"status": "FAILED"}, "ended as it should"),
        ({"planned": frozenset({"a", "b", "c", "d"})}, "in no ledger"),
        ({"planned": frozenset({"a", "b"})}, "never planned"),
        ({"portal": ["a"]}, "lost"),
        ({"portal": ["a", "b", "x"]}, "orphans"),
        ({"portal": ["a", "b", "c"]}, "orphans"),
        ({"portal": ["a", "a", "b"]}, "doubled"),
        ({"unlinked": ["a"]}, "without a contact"),
        ({"paid": 6}, "not kept"),
        ({"ledger": {**KEPT.ledger, "c": ("refused", None)}}, "without a reason"),
    ],
)
def test_each_way_to_break_a_promise_is_seen(change: dict[str, Any], what: str) -> None:
    (found,) = broken(replace(KEPT, **change))

    assert what in found
    assert "**broken**" in table("seed 1", judge(replace(KEPT, **change)))
