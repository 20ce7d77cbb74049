"""What a run is by its mode, and that inputs which say when it happens mean what they always meant."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import DAY, START, plan, simulation_input
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.time_mapping import MAX_RUN, Pace, resolve_simulated_span

PAST, NOW, FUTURE = START - 30 * DAY, START, START + 30 * DAY
MINUTE = timedelta(minutes=1)
Times = tuple[datetime | None, datetime | None]
Whole = tuple[datetime, datetime]
WHOLE: dict[Times, Whole] = {
    (None, None): (NOW, NOW),
    (PAST, None): (PAST, NOW),
    (NOW, None): (NOW, NOW),
    (FUTURE, None): (FUTURE, FUTURE),
    (None, PAST): (PAST, PAST),
    (None, NOW): (NOW, NOW),
    (None, FUTURE): (NOW, FUTURE),
    (PAST, PAST): (PAST, PAST),
    (PAST, NOW): (PAST, NOW),
    (PAST, FUTURE): (PAST, FUTURE),
    (NOW, NOW): (NOW, NOW),
    (NOW, FUTURE): (NOW, FUTURE),
    (FUTURE, FUTURE): (FUTURE, FUTURE),
}
"""The span of an input without a mode, by its times, where a time or a scale is given."""


def document(times: Times, **fields: Any) -> dict[str, Any]:
    named = dict(zip(("startTime", "endTime"), times, strict=True))
    return {name: to_iso_utc(time) for name, time in named.items() if time is not None} | fields


def resolve_pace(run_start: datetime = START, **fields: Any) -> Pace:
    return resolve_simulated_span(simulation_input(**fields), run_start).pace(run_start)


def refusal(**fields: Any) -> InvalidSimulationError:
    with pytest.raises(InvalidSimulationError) as caught:
        resolve_pace(**fields)
    return caught.value


@pytest.mark.parametrize("scale", [None, 0, 1, 60])
@pytest.mark.parametrize(("times", "whole"), WHOLE.items())
def test_times_and_scales_without_a_mode_mean_what_the_table_says(
    times: Times, whole: Whole, scale: int | None
) -> None:
    if times == (None, None) and scale is None:
        return
    fields = document(times) if scale is None else document(times, timeScale=scale)

    if scale == 60 and whole[0] == whole[1]:
        assert refusal(**fields).field == "timeScale"
    else:
        assert resolve_pace(**fields) == Pace(START, *whole, 1 if scale is None else scale)


def earlier_pace(start: datetime | None, end: datetime | None, scale: float, run_start: datetime) -> Pace:
    """The rules that held before there was a mode."""
    begin = start or min(run_start, end or run_start)
    return Pace(run_start, begin, end or max(run_start, begin), scale)


def lasts_too_long(pace: Pace) -> bool:
    """Whether the last arrival would come too late, or there is nothing to scale."""
    if pace.is_at_once:
        return False
    if pace.start == pace.end and pace.time_scale != 1:
        return True
    return max(pace.start, pace.to_real(pace.end)) - pace.run_start > MAX_RUN


moments = st.none() | st.integers(-500_000, 500_000).map(lambda minutes: START + minutes * MINUTE)
scales = st.none() | st.sampled_from([0.0, 1.0, 0.01, 0.5, 60.0, 1e6])


@given(start=moments, end=moments, scale=scales, run=st.integers(-500_000, 500_000))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_input_that_says_when_has_changed_its_meaning(
    start: datetime | None, end: datetime | None, scale: float | None, run: int
) -> None:
    times, run_start = (start, end), START + run * MINUTE
    if times == (None, None) and scale is None:
        return
    fields = document(times) if scale is None else document(times, timeScale=scale)
    meant = earlier_pace(start, end, 1.0 if scale is None else scale, run_start)
    if lasts_too_long(meant) or (start is not None and end is not None and end < start):
        with pytest.raises(InvalidSimulationError):
            resolve_pace(run_start, **fields)
    else:
        assert resolve_pace(run_start, **fields) == meant


@pytest.mark.parametrize("times", [(PAST, FUTURE), (PAST, NOW)])
def test_the_predecessors_names_say_when_as_well(times: Times) -> None:
    fields = document(times)
    earlier = {"start_time": fields["startTime"], "end_time": fields["endTime"]}

    assert resolve_pace(**earlier) == resolve_pace(**fields)
    assert resolve_pace(start_time=fields["startTime"]) == Pace(START, PAST, NOW, 1)


def test_without_anything_that_says_when_the_last_90_days_are_written_at_once() -> None:
    for fields in ({}, {"mode": None, "startTime": None, "endTime": None}, {"mode": "BACKFILL", "timeScale": 0}):
        found = resolve_pace(**fields)

        assert found == Pace(START, START - 90 * DAY, START, 0)
        assert (found.mode, found.is_backfill, found.cutoff) == ("BACKFILL", True, START)


@pytest.mark.parametrize(
    ("times", "span"),
    [
        ((None, PAST), (PAST - 90 * DAY, PAST)),
        ((PAST, None), (PAST, NOW)),
        ((PAST - DAY, PAST), (PAST - DAY, PAST)),
        ((None, NOW), (NOW - 90 * DAY, NOW)),
    ],
)
def test_a_backfill_fills_in_what_its_times_leave_open(times: Times, span: Whole) -> None:
    assert resolve_pace(**document(times, mode="BACKFILL")) == Pace(START, *span, 0)


@pytest.mark.parametrize("method", ["EVEN", "BELL_CURVE", "TRICKLE", "BUSINESS_HOURS"])
def test_activities_of_a_backfill_end_when_the_run_begins(method: str) -> None:
    made = plan(totalRecords=50, distributionMethod=method)

    assert made.pace.cutoff == START
    arrivals = AccountHistories.from_plan(made).arrivals
    assert START - 90 * DAY < arrivals.at(0) <= arrivals.at(arrivals.count - 1) < START


@pytest.mark.parametrize(
    ("fields", "pace"),
    [
        ({}, Pace(START, NOW, NOW, 1)),
        (document((None, FUTURE)), Pace(START, NOW, FUTURE, 1)),
        (document((PAST, FUTURE)), Pace(START, PAST, FUTURE, 1)),
        (document((PAST, NOW), timeScale=60), Pace(START, PAST, NOW, 60)),
        (document((NOW, FUTURE), timeScale=24), Pace(START, NOW, FUTURE, 24)),
    ],
    ids=str,
)
def test_a_live_run_waits(fields: dict[str, Any], pace: Pace) -> None:
    found = resolve_pace(mode="LIVE", **fields)

    assert (found, found.mode, found.is_at_once) == (pace, "LIVE", False)


@pytest.mark.parametrize(
    ("fields", "field", "instead"),
    [
        ({"mode": "BACKFILL", "timeScale": 1}, "timeScale", "omit timeScale, or use mode LIVE"),
        ({"mode": "BACKFILL", "timeScale": 60}, "timeScale", "mode LIVE"),
        (document((None, FUTURE), mode="BACKFILL"), "endTime", "omit it, or use mode LIVE"),
        (document((PAST, FUTURE), mode="BACKFILL"), "endTime", "mode LIVE"),
        (document((FUTURE, None), mode="BACKFILL"), "startTime", "specify a startTime before"),
        (document((NOW, None), mode="BACKFILL"), "startTime", "specify a startTime before"),
        (document((PAST, PAST), mode="BACKFILL"), "startTime", "specify a startTime before"),
        ({"mode": "LIVE", "timeScale": 0}, "timeScale", "use mode BACKFILL"),
        (document((PAST, PAST + DAY), mode="LIVE", timeScale=0), "timeScale", "use mode BACKFILL"),
        (document((PAST, FUTURE), mode="LIVE", timeScale=0), "timeScale", "use mode BACKFILL"),
        (document((PAST, PAST + DAY), mode="LIVE"), "endTime", "or mode BACKFILL"),
        (document((PAST, NOW), mode="LIVE", timeScale=1), "endTime", "or mode BACKFILL"),
        (document((PAST, None), mode="LIVE"), "endTime", "or mode BACKFILL"),
        (document((None, PAST), mode="LIVE"), "endTime", "or mode BACKFILL"),
        (document((PAST, PAST), mode="LIVE"), "endTime", "or mode BACKFILL"),
        ({"mode": "LIVE", "distributionMethod": "BELL_CURVE"}, "distributionMethod", "specify startTime and endTime"),
        ({"timeScale": 0, "distributionMethod": "SURGE"}, "distributionMethod", "mode BACKFILL"),
        (document((PAST, PAST), distributionMethod="BUSINESS_HOURS"), "distributionMethod", "needs a span"),
        (document((FUTURE, None), distributionMethod="TRICKLE"), "distributionMethod", "needs a span"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_refused_with_what_to_give_instead(
    fields: dict[str, Any], field: str, instead: str
) -> None:
    refused = refusal(**fields)

    assert refused.field == field
    assert instead in refused.problem


def test_a_live_run_may_not_outlast_its_execution() -> None:
    assert refusal(mode="LIVE", **document((None, START + MAX_RUN + DAY))).field == "endTime"
