"""How much was written when, in few numbers: the older a run is, the wider its buckets.

A bucket is named by the second it begins at (epoch, a multiple of its width). Each width is a multiple of the one
before it, so that narrow buckets of a run's beginning add up to wide ones of its end.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

WIDTHS = (2, 10, 60, 600, 3_600, 21_600, 86_400)
"""In seconds."""

POINTS = 120
"""The most buckets of one width that a run fills before it takes the next."""


class Point(NamedTuple):
    """So many objects written in a bucket."""

    bucket: int
    written: int


class Series(NamedTuple):
    """Buckets without a gap, the oldest first, and their width in seconds."""

    seconds: int
    points: list[Point]


def width_at(age: float) -> int:
    """The width of buckets of a run that began so many seconds ago."""
    return next((width for width in WIDTHS if age < width * POINTS), WIDTHS[-1])


def point(written: int, started: datetime, now: datetime) -> Point:
    """What was written now, in the bucket for it."""
    width = width_at((now - started).total_seconds())
    return Point(int(now.timestamp()) // width * width, written)


def added(points: Iterable[Point]) -> dict[int, int]:
    """Points as buckets."""
    buckets: Counter[int] = Counter()
    for bucket, written in points:
        buckets[bucket] += written
    return dict(buckets)


def series(buckets: Mapping[int, int], started: datetime) -> Series:
    """All buckets at the width of the last one, those between them that nothing fell into as 0."""
    if not buckets:
        return Series(WIDTHS[0], [])
    width = width_at(max(buckets) - started.timestamp())
    merged = added(Point(bucket // width * width, written) for bucket, written in buckets.items())
    steps = range(min(merged), max(merged) + 1, width)
    return Series(width, [Point(bucket, merged.get(bucket, 0)) for bucket in steps])


def begins_at(bucket: int) -> datetime:
    """The moment a bucket begins."""
    return datetime.fromtimestamp(bucket, UTC)
