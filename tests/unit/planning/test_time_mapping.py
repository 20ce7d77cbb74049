from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import DAY, START, pace

from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.time_mapping import FAR_FUTURE, MAX_RUN

HOUR = timedelta(hours=1)


def test_in_real_time_a_moment_is_due_when_it_comes() -> None:
    assert pace().to_real(START + 5 * HOUR) == START + 5 * HOUR


def test_in_real_time_what_lies_before_the_run_is_due_at_once() -> None:
    begun = pace(run_start=START + 2 * HOUR)

    assert begun.to_real(START + HOUR) == START + 2 * HOUR
    assert begun.to_real(START + 3 * HOUR) == START + 3 * HOUR


def test_scaled_time_passes_so_many_times_faster() -> None:
    assert pace(time_scale=24).to_real(START + 6 * HOUR) == START + HOUR / 4


def test_scaled_time_may_pass_slower_than_the_clock() -> None:
    assert pace(time_scale=0.5).to_real(START + HOUR) == START + 2 * HOUR


def test_a_past_span_is_replayed_at_its_scale_from_the_beginning_of_the_run() -> None:
    now = START + 30 * DAY
    replay = pace(run_start=now, time_scale=24)

    assert replay.to_real(START) == now
    assert replay.to_real(START + DAY) == now + HOUR
    assert not replay.is_backfill


def test_a_future_span_is_scaled_from_its_own_start() -> None:
    later = pace(run_start=START - DAY, time_scale=24)

    assert later.to_real(START) == START
    assert later.to_real(START + DAY) == START + HOUR


def test_at_once_everything_is_due_when_the_run_begins() -> None:
    assert pace(time_scale=0).to_real(START + DAY) == START


@pytest.mark.parametrize("time_scale", [0, 1])
def test_a_span_that_has_passed_is_a_backfill_up_to_the_present(time_scale: float) -> None:
    now = START + DAY
    backfill = pace(run_start=now, time_scale=time_scale)

    assert backfill.is_backfill
    assert backfill.cutoff == now
    assert backfill.to_real(START + HOUR) == now


@pytest.mark.parametrize("time_scale", [0, 1])
def test_a_span_that_still_runs_is_no_backfill(time_scale: float) -> None:
    running = pace(run_start=START + DAY - timedelta(microseconds=1), time_scale=time_scale)

    assert not running.is_backfill
    assert running.cutoff != running.run_start


def test_a_moment_that_is_now_is_no_backfill_so_its_leads_live_on() -> None:
    assert pace(end=START, time_scale=0).cutoff is None


@pytest.mark.parametrize("time_scale", [0.5, 1, 60])
@pytest.mark.parametrize("begins_in", [-30 * DAY, timedelta(0), 3 * DAY], ids=["begun", "now", "later"])
def test_a_run_that_waits_has_nothing_due_later_than_its_execution_lasts(
    begins_in: timedelta, time_scale: float
) -> None:
    """Four days are left for what is due last: a step may wait for the portal for three."""
    waiting = pace(start=START + begins_in, end=START + 300 * DAY, time_scale=time_scale)

    assert waiting.cutoff is not None
    assert abs(waiting.to_real(waiting.cutoff) - (START + MAX_RUN)) < timedelta(milliseconds=1)
    assert timedelta(days=361) == MAX_RUN


def test_the_fastest_clock_reaches_everything_before_its_execution_ends() -> None:
    assert pace(time_scale=1_000_000).cutoff == FAR_FUTURE


@pytest.mark.parametrize("time_scale", [0, 0.5, 1, 60, 1_000_000])
def test_nothing_is_due_before_the_run_and_order_is_kept(time_scale: float) -> None:
    begun = pace(run_start=START + HOUR, time_scale=time_scale)
    due = [begun.to_real(START + hours * HOUR) for hours in range(-2, 48)]

    assert due == sorted(due)
    assert due[0] >= START + HOUR


def test_a_change_of_local_clocks_does_not_change_the_gaps() -> None:
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    summer = pace(run_start=before, start=before, end=before + DAY)

    assert summer.to_real(before + 2 * HOUR) - summer.to_real(before) == 2 * HOUR


def test_moments_are_written_in_utc_with_milliseconds() -> None:
    berlin = datetime(2026, 3, 2, 15, 0, 1, 234_567, tzinfo=timezone(HOUR))

    assert to_iso_utc(berlin) == "2026-03-02T14:00:01.234Z"
