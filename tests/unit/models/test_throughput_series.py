from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simcrm.models.throughput_series import POINTS, WIDTHS, added, begins_at, point, series, width_at

BEGAN = datetime(2026, 3, 2, 14, 0, 3, tzinfo=UTC)


def run(length: timedelta, every: timedelta) -> dict[int, int]:
    """The buckets of a run that writes one object at each step of its time."""
    steps = int(length / every)
    return added(point(1, BEGAN, BEGAN + step * every) for step in range(steps))


def test_each_width_is_a_multiple_of_the_one_before_it() -> None:
    assert [wide % narrow for narrow, wide in pairwise(WIDTHS)] == [0] * (len(WIDTHS) - 1)


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

    found = series(buckets, BEGAN)

    assert found.seconds == seconds
    assert sum(written for _, written in found.points) == int(length / every)
    assert len(buckets) <= len(WIDTHS) * (POINTS + 1) + 400
    assert len(found.points) <= POINTS + 1 or seconds == WIDTHS[-1]


def test_a_pause_is_shown_as_nothing_written() -> None:
    found = series(added([point(5, BEGAN, BEGAN), point(7, BEGAN, BEGAN + timedelta(seconds=8))]), BEGAN)

    assert [written for _, written in found.points] == [5, 0, 0, 0, 7]
    assert [begins_at(bucket) for bucket, _ in found.points][:2] == [
        datetime(2026, 3, 2, 14, 0, 2, tzinfo=UTC),
        datetime(2026, 3, 2, 14, 0, 4, tzinfo=UTC),
    ]


def test_a_run_that_has_written_nothing_has_no_points() -> None:
    assert series({}, BEGAN).points == []


def test_a_clock_that_runs_behind_the_start_is_no_problem() -> None:
    assert point(1, BEGAN, BEGAN - timedelta(seconds=4)).bucket <= BEGAN.timestamp()
    assert width_at(-4) == WIDTHS[0]
