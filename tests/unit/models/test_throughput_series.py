from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simcrm.models.throughput_series import (
    BUCKET_WIDTHS,
    MAX_BUCKETS,
    bucket_for,
    bucket_start,
    bucket_width_at,
    merge_buckets,
    to_series,
)

BEGAN = datetime(2026, 3, 2, 14, 0, 3, tzinfo=UTC)


def run(length: timedelta, every: timedelta) -> dict[int, int]:
    """The buckets of a run that writes one object at each step of its time."""
    steps = int(length / every)
    return merge_buckets(bucket_for(1, BEGAN, BEGAN + step * every) for step in range(steps))


def test_each_width_is_a_multiple_of_the_one_before_it() -> None:
    assert [wide % narrow for narrow, wide in pairwise(BUCKET_WIDTHS)] == [0] * (len(BUCKET_WIDTHS) - 1)


@pytest.mark.parametrize(
    ("length", "every", "seconds"),
    [
        (timedelta(seconds=30), timedelta(seconds=1), 2),
        (timedelta(minutes=15), timedelta(seconds=5), 10),
        (timedelta(hours=1), timedelta(seconds=20), 60),
        (timedelta(days=3), timedelta(minutes=7), 3_600),
        (timedelta(days=400), timedelta(hours=5), 86_400),
    ],
)
def test_nothing_is_lost_however_long_a_run_is_and_its_points_stay_few(
    length: timedelta, every: timedelta, seconds: int
) -> None:
    buckets = run(length, every)

    found = to_series(buckets, BEGAN)

    assert found.bucket_seconds == seconds
    assert sum(written for _, written in found.buckets) == int(length / every)
    assert len(buckets) <= len(BUCKET_WIDTHS) * (MAX_BUCKETS + 1) + 400
    assert len(found.buckets) <= MAX_BUCKETS + 1 or seconds == BUCKET_WIDTHS[-1]


def test_a_pause_is_shown_as_nothing_written() -> None:
    found = to_series(
        merge_buckets([bucket_for(5, BEGAN, BEGAN), bucket_for(7, BEGAN, BEGAN + timedelta(seconds=8))]), BEGAN
    )

    assert [written for _, written in found.buckets] == [5, 0, 0, 0, 7]
    assert [bucket_start(bucket) for bucket, _ in found.buckets][:2] == [
        datetime(2026, 3, 2, 14, 0, 2, tzinfo=UTC),
        datetime(2026, 3, 2, 14, 0, 4, tzinfo=UTC),
    ]


def test_a_run_that_has_written_nothing_has_no_points() -> None:
    assert to_series({}, BEGAN).buckets == []


def test_a_clock_that_runs_behind_the_start_is_no_problem() -> None:
    assert bucket_for(1, BEGAN, BEGAN - timedelta(seconds=4)).bucket <= BEGAN.timestamp()
    assert bucket_width_at(-4) == BUCKET_WIDTHS[0]
