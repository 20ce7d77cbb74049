"""Where a run is on its timeline, at any moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import DAY, START, batch, pace, plan, status

from simcrm.core.timestamps import to_iso_utc
from simcrm.operations.run_timeline import RunTimeline, position_on_timeline, read_timeline
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import write_plan
from simcrm.planning.time_mapping import Pace
from simcrm.storage import file_names
from simcrm.storage.run_status import RunState
from simcrm.storage.simulation_files import SimulationFiles

HOUR = timedelta(hours=1)
BATCHES = [batch(number, 10 * number, 10, START + number * HOUR) for number in range(4)]


def look(now: datetime, counters: dict[str, str] | None = None, own: Pace | None = None, **fields: Any) -> Any:
    return position_on_timeline(RunTimeline(own or pace(), BATCHES), status(**fields), counters or {}, now)


def test_a_live_run_is_at_the_present_and_names_its_next_batch() -> None:
    found = look(START + 1.5 * HOUR, {"records_settled": "40"})

    assert found == {
        "simulatedTime": to_iso_utc(START + 1.5 * HOUR),
        "nextDue": to_iso_utc(START + 2 * HOUR),
        "batchesDone": 2,
        "batches": 4,
    }


def test_a_batch_is_done_when_both_objects_of_all_its_records_are_settled() -> None:
    assert [look(START, {"records_settled": str(count)})["batchesDone"] for count in (0, 19, 20, 79, 80)] == [
        0,
        0,
        1,
        3,
        4,
    ]


def test_after_the_last_batch_nothing_is_due_but_time_goes_on() -> None:
    found = look(START + 30 * DAY)

    assert (found["nextDue"], found["simulatedTime"]) == (None, to_iso_utc(START + 30 * DAY))


def test_a_run_that_has_ended_stays_where_it_ended() -> None:
    found = look(START + 5 * HOUR, status=RunState.ABORTED, ended_at=START + HOUR)

    assert (found["simulatedTime"], found["nextDue"]) == (to_iso_utc(START + HOUR), None)


def test_a_run_that_succeeded_has_done_all_even_where_the_counters_are_gone() -> None:
    assert look(START + 9 * HOUR, status=RunState.SUCCEEDED, ended_at=START + 9 * HOUR)["batchesDone"] == 4


@pytest.mark.parametrize("own", [pace(time_scale=0), pace(run_start=START + 2 * DAY)], ids=["at once", "backfill"])
def test_a_run_that_waits_for_nothing_has_no_simulated_clock(own: Pace) -> None:
    assert look(START + 3 * DAY, own=own)["simulatedTime"] is None


@pytest.mark.parametrize("scale", [1.0, 60.0, 0.5])
@pytest.mark.parametrize("begins_in", [timedelta(0), 3 * HOUR], ids=["now", "later"])
def test_the_simulated_time_is_the_one_that_is_due_now(scale: float, begins_in: timedelta) -> None:
    own = pace(start=START + begins_in, end=START + begins_in + DAY, time_scale=scale)

    for simulated in (own.start, own.start + HOUR, own.end, own.end + 40 * DAY):
        assert abs(own.to_simulated(own.to_real(simulated)) - simulated) < timedelta(milliseconds=1)
    assert own.to_simulated(START) == own.start


def test_the_fastest_clock_does_not_run_over() -> None:
    assert pace(time_scale=1_000_000).to_simulated(START + 90 * DAY) == datetime(2200, 1, 1, tzinfo=UTC)


def test_a_timeline_is_that_of_the_plan(files: SimulationFiles) -> None:
    made = plan(startTime=to_iso_utc(START), endTime=to_iso_utc(START + DAY), timeScale=60)
    batches = list(AccountHistories.from_plan(made).batches())
    assert read_timeline(files) is None

    write_plan(files, made)
    files.write_lines(file_names.BATCHES, [each.to_row() for each in batches])

    found = read_timeline(files)
    assert found is not None
    assert found.pace == made.pace
    assert [each.number for each in found.batches] == [each.number for each in batches]
