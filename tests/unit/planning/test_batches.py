from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

import pytest
from builders import DAY, START, arrivals, batch, pace

from simcrm.models.simulation_input import DistributionMethod
from simcrm.planning.arrivals import ArrivalTimes
from simcrm.planning.batches import Batch, map_concurrency, max_batches, plan_batches

SECOND = timedelta(seconds=1)


def plan(count: int, *, time_scale: float = 1, span: timedelta = DAY) -> list[Batch]:
    end = START + span
    return list(plan_batches(arrivals(count, end=end), pace(end=end, time_scale=time_scale)))


def indexes(batches: list[Batch]) -> Iterator[int]:
    return (index for made in batches for index in made.indexes)


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 12_345])
@pytest.mark.parametrize("time_scale", [0, 1, 500])
def test_every_record_is_in_exactly_one_batch(count: int, time_scale: float) -> None:
    assert list(indexes(plan(count, time_scale=time_scale))) == list(range(count))


@pytest.mark.parametrize("time_scale", [0, 1, 500])
def test_no_batch_is_larger_than_a_call_of_hubspot(time_scale: float) -> None:
    assert {made.count <= 100 for made in plan(12_345, time_scale=time_scale)} == {True}


def test_at_once_batches_are_full() -> None:
    assert [made.count for made in plan(250, time_scale=0)] == [100, 100, 50]


def test_batches_are_numbered_from_zero() -> None:
    assert [made.number for made in plan(250, time_scale=0)] == [0, 1, 2]


@pytest.mark.parametrize("time_scale", [1, 60])
def test_a_batch_is_due_in_the_second_in_which_its_last_record_has_arrived(time_scale: float) -> None:
    some, tempo = arrivals(5_000), pace(time_scale=time_scale)

    for made in plan_batches(some, tempo):
        assert timedelta() <= made.due_at - tempo.to_real(some.at(made.indexes[-1])) < SECOND


@pytest.mark.parametrize("time_scale", [0, 1, 60, 7_777])
def test_a_wait_that_is_cut_off_to_whole_seconds_ends_when_the_batch_is_due(time_scale: float) -> None:
    begun = START + timedelta(milliseconds=345)
    tempo = pace(run_start=begun, time_scale=time_scale)

    batches = list(plan_batches(arrivals(5_000), tempo))

    waited = [datetime.strptime(made.to_row()["dueAt"][:19] + "Z", "%Y-%m-%dT%H:%M:%S%z") for made in batches]
    assert waited == [made.due_at for made in batches]
    assert min(waited) >= begun


def test_batches_are_due_one_after_the_other() -> None:
    due = [made.due_at for made in plan(5_000, time_scale=60)]

    assert all(earlier < later for earlier, later in pairwise(due))


def test_records_that_arrive_far_apart_do_not_wait_for_each_other() -> None:
    batches = plan(4)

    assert [made.count for made in batches] == [1, 1, 1, 1]


def test_no_record_waits_longer_than_a_slot_for_its_batch() -> None:
    some = arrivals(100_000)
    slot = DAY / 8_999

    assert all(made.due_at - some.at(made.first_index) < slot + SECOND for made in plan_batches(some, pace()))


@pytest.mark.parametrize("days", [1, 30, 365])
@pytest.mark.parametrize("method", ["EVEN", "RANDOM_BURSTS", "BUSINESS_HOURS"])
def test_batches_of_any_curve_are_few_enough_to_live_side_by_side(days: int, method: str) -> None:
    end = START + days * DAY
    some = ArrivalTimes(DistributionMethod(method), 100_000, START, end)
    counts = [made.count for made in plan_batches(some, pace(end=end))]

    assert sum(counts) == 100_000
    assert len(counts) <= max_batches(100_000) <= 10_000


def test_a_million_records_over_a_month_are_little_more_than_full_batches() -> None:
    batches = plan(1_000_000, span=30 * DAY)

    assert sum(made.count for made in batches) == 1_000_000
    assert len(batches) <= max_batches(1_000_000) < 11_010


def test_a_slow_trickle_comes_out_record_by_record() -> None:
    assert {made.count for made in plan(1_000, span=30 * DAY)} == {1}


@pytest.mark.parametrize("count", [1, 100, 101])
def test_there_are_never_more_batches_than_records(count: int) -> None:
    assert max_batches(count) == count


def test_a_backfill_of_a_month_is_full_batches_that_are_due_at_once() -> None:
    now = START + 30 * DAY
    batches = list(plan_batches(arrivals(1_000, end=now), pace(run_start=now, end=now)))

    assert [made.count for made in batches] == [100] * 10
    assert {made.due_at for made in batches} == {now}


def test_what_is_overdue_when_a_run_begins_begins_four_batches_a_second() -> None:
    now, end = START + 30 * DAY, START + 31 * DAY
    batches = list(plan_batches(arrivals(20_000, end=end), pace(run_start=now, end=end)))
    overdue = [made.due_at - now for made in batches if made.due_at < now + DAY / 2 and made.number < 100]

    assert overdue == [ceil(number / 4) * SECOND for number in range(100)]
    assert batches[-1].due_at <= end


def test_batches_that_follow_the_clock_may_all_wait_side_by_side() -> None:
    assert map_concurrency(pace(), 40) == 10_000
    assert map_concurrency(pace(time_scale=0), 40) == 40


def test_a_batch_is_the_same_after_its_line_is_read() -> None:
    made = batch(number=7, first_index=700, count=3)

    assert made.to_row() == {"batch": 7, "dueAt": "2026-03-02T14:00:00.000Z", "firstIndex": 700, "count": 3}
    assert Batch.from_row(made.to_row()) == made
    assert list(made.indexes) == [700, 701, 702]
