"""How much was written when, in few numbers: the older a run is, the wider its buckets.

A bucket is named by the second it begins at (epoch, a multiple of its width). Each width is a multiple of the one
before it, so that narrow buckets of a run's beginning add up to wide ones of its end.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

BUCKET_WIDTHS = (2, 10, 60, 600, 3_600, 21_600, 86_400)
"""In seconds."""

MAX_BUCKETS = 120
"""The most buckets of one width that a run fills before it takes the next."""


class ThroughputBucket(NamedTuple):
    """So many objects written in a bucket."""

    bucket: int
    written: int


class ThroughputSeries(NamedTuple):
    """Buckets without a gap, the oldest first, and their width in seconds."""

    bucket_seconds: int
    buckets: list[ThroughputBucket]


def bucket_width_at(age: float) -> int:
    """The width of buckets of a run that began so many seconds ago."""
    return next((width for width in BUCKET_WIDTHS if age < width * MAX_BUCKETS), BUCKET_WIDTHS[-1])


def bucket_for(written: int, started: datetime, now: datetime) -> ThroughputBucket:
    """What was written now, in the bucket for it."""
    width = bucket_width_at((now - started).total_seconds())
    return ThroughputBucket(int(now.timestamp()) // width * width, written)


def merge_buckets(new_buckets: Iterable[ThroughputBucket]) -> dict[int, int]:
    """Points as buckets."""
    buckets: Counter[int] = Counter()
    for bucket, written in new_buckets:
        buckets[bucket] += written
    return dict(buckets)


def to_series(buckets: Mapping[int, int], started: datetime) -> ThroughputSeries:
    """All buckets at the width of the last one, those between them that nothing fell into as 0."""
    if not buckets:
        return ThroughputSeries(BUCKET_WIDTHS[0], [])
    width = bucket_width_at(max(buckets) - started.timestamp())
    merged = merge_buckets(ThroughputBucket(bucket // width * width, written) for bucket, written in buckets.items())
    steps = range(min(merged), max(merged) + 1, width)
    return ThroughputSeries(width, [ThroughputBucket(bucket, merged.get(bucket, 0)) for bucket in steps])


def bucket_start(bucket: int) -> datetime:
    """The moment a bucket begins."""
    return datetime.fromtimestamp(bucket, UTC)
