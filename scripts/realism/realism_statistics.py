"""The statistics by which accounts are judged; no library of numbers is needed for them."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from statistics import correlation


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return how often a positive value is above a negative one, ties counting half: 0.5 tells nothing."""
    below = sorted(negative)
    wins = sum((bisect_left(below, value) + bisect_right(below, value)) / 2 for value in positive)
    return wins / (len(positive) * len(negative))


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's correlation of two equally long sequences; equal values share their mean rank."""
    return correlation(_ranks(one), _ranks(other))


def cramers_v(pairs: Sequence[tuple[str, str]]) -> float:
    """Return how far two categories depend on each other: 0 for not at all, 1 for entirely."""
    rows, columns = Counter(row for row, _ in pairs), Counter(column for _, column in pairs)
    observed, total = Counter(pairs), len(pairs)
    chi_squared = sum(
        (observed[row, column] - expected) ** 2 / expected
        for row in rows
        for column in columns
        if (expected := rows[row] * columns[column] / total)
    )
    smaller = min(len(rows), len(columns)) - 1
    return sqrt(chi_squared / (total * smaller)) if smaller else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value) - 1) / 2 for value in values]
