"""What a run of Step Functions has time for."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import DAY, START, plan, simulation_input

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.time_mapping import MAX_RUN, SimulatedSpan, resolve_simulated_span

SECOND = timedelta(seconds=1)
YEAR = MAX_RUN


def span_input(start: datetime | None, end: datetime | None, **fields: Any) -> dict[str, Any]:
    times = {"startTime": start and to_iso_utc(start), "endTime": end and to_iso_utc(end)}
    return {name: value for name, value in times.items() if value} | fields


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (span_input(None, None, timeScale=60), "timeScale"),
        (span_input(None, None, timeScale=60, mode="LIVE"), "timeScale"),
        (span_input(START, START, timeScale=60), "timeScale"),
        (span_input(START - DAY, START - DAY, timeScale=0.5), "timeScale"),
        (span_input(None, START + YEAR + SECOND), "endTime"),
        (span_input(START - DAY, START + YEAR + SECOND), "endTime"),
        (span_input(START + YEAR + SECOND, None), "startTime"),
        (span_input(START + YEAR + SECOND, START + 2 * YEAR), "startTime"),
        (span_input(START + YEAR + SECOND, START + 2 * YEAR, timeScale=1e6), "startTime"),
        (span_input(START, START + 4 * DAY, timeScale=0.01), "timeScale"),
        (span_input(START, START + SECOND, timeScale=0.009), "timeScale"),
        (span_input(START - 2 * YEAR, START, timeScale=1.5), "timeScale"),
        (span_input(START + YEAR - DAY, START + YEAR + 9 * DAY, timeScale=2), "timeScale"),
        (span_input(START, START + DAY, timeScale=5e-324), "timeScale"),
    ],
)
def test_a_span_no_execution_can_follow_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        resolve_simulated_span(simulation_input(**fields), START)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "fields",
    [
        span_input(START, START + YEAR),
        span_input(START - 20 * YEAR, START + YEAR),
        span_input(START, START + 2 * YEAR, timeScale=2),
        span_input(START, START + 3 * DAY, timeScale=0.01),
        span_input(START + YEAR - DAY, START + YEAR + DAY, timeScale=2),
        span_input(START, START + 20 * YEAR, timeScale=0),
        span_input(START - 20 * YEAR, START - YEAR),
    ],
)
def test_a_span_of_a_year_or_one_that_nothing_waits_for_is_taken(fields: dict[str, Any]) -> None:
    given = simulation_input(**fields)

    assert resolve_simulated_span(given, START) == SimulatedSpan(
        given.start_time or START, given.end_time or START, given.time_scale
    )


@pytest.mark.parametrize("time_scale", [0, 0.5, 1, 60, 1_000_000])
@pytest.mark.parametrize("jump", [-300 * DAY, -SECOND, timedelta(0), SECOND, 7 * DAY, 20 * YEAR])
def test_a_clock_that_jumps_makes_no_wait_negative_or_endless(jump: timedelta, time_scale: float) -> None:
    """The run begins by a clock earlier or later than that of whoever wrote the span."""
    begins = START + jump
    made = plan(run_start=begins, totalRecords=50, **span_input(START, START + 30 * DAY, timeScale=time_scale))

    arrivals = AccountHistories.from_plan(made).arrivals
    waits = [made.pace.to_real(arrivals.at(account)) - begins for account in range(arrivals.count)]

    assert waits == sorted(waits)
    assert timedelta() <= waits[0]
    assert waits[-1] <= MAX_RUN


@pytest.mark.parametrize("time_scale", [0.5, 1, 60])
def test_a_clock_that_is_years_behind_the_span_is_refused_instead_of_waited_for(time_scale: float) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        plan(run_start=START - 2 * YEAR, **span_input(START, START + DAY, timeScale=time_scale))
    assert caught.value.field == "startTime"


def test_at_the_slowest_scale_even_the_end_of_the_longest_sales_cycle_has_a_date() -> None:
    made = plan(**span_input(START, START + DAY, timeScale=0.01))

    assert made.pace.to_real(START + 3_650 * DAY) > START + MAX_RUN
