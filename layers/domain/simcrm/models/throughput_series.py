"""Throughput over time in a bounded number of buckets: the older a run, the wider its buckets.

A bucket is identified by its start in epoch seconds, a multiple of its width. Each width is a multiple of the previous
one, so that narrow buckets from the start of a run can be merged into the wide ones used later.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

BUCKET_WIDTHS = (2, 10, 60, 600, 3_600, 21_600, 86_400)
"""Bucket widths in seconds."""

MAX_BUCKETS = 120
"""Maximum number of buckets of one width before a run switches to the next width."""


class ThroughputBucket(NamedTuple):
    """The number of objects written in a bucket."""

    bucket: int
    written: int


class ThroughputSeries(NamedTuple):
    """Contiguous buckets, oldest first, and their width in seconds."""

    bucket_seconds: int
    buckets: list[ThroughputBucket]


def bucket_width_at(age: float) -> int:
    """Return the bucket width of a run that started ``age`` seconds ago."""
    return next((width for width in BUCKET_WIDTHS if age < width * MAX_BUCKETS), BUCKET_WIDTHS[-1])


def bucket_for(written: int, started: datetime, now: datetime) -> ThroughputBucket:
    """Return the bucket for objects written now."""
    width = bucket_width_at((now - started).total_seconds())
    return ThroughputBucket(int(now.timestamp()) // width * width, written)


def merge_buckets(new_buckets: Iterable[ThroughputBucket]) -> dict[int, int]:
    """Sum the objects written in equal buckets."""
    buckets: Counter[int] = Counter()
    for bucket, written in new_buckets:
        buckets[bucket] += written
    return dict(buckets)


def to_series(buckets: Mapping[int, int], started: datetime) -> ThroughputSeries:
    """Return all buckets at the width of the last one, with 0 for empty buckets in between."""
    if not buckets:
        return ThroughputSeries(BUCKET_WIDTHS[0], [])
    width = bucket_width_at(max(buckets) - started.timestamp())
    merged = merge_buckets(ThroughputBucket(bucket // width * width, written) for bucket, written in buckets.items())
    steps = range(min(merged), max(merged) + 1, width)
    return ThroughputSeries(width, [ThroughputBucket(bucket, merged.get(bucket, 0)) for bucket in steps])


def bucket_start(bucket: int) -> datetime:
    """Return the start time of a bucket."""
    return datetime.fromtimestamp(bucket, UTC)
