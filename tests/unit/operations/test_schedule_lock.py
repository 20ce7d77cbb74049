"""Firings of a schedule that may not overlap: one runs at a time, whatever comes at once or dies."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import SIMULATION, START, status
from recorders import LogLines
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.errors import InvalidSimulationError
from simcrm.models.schedule import Overlap, ScheduleReference, read_schedule
from simcrm.operations.schedule_lock import ScheduleLock, ScheduleLockState, record_skipped_run
from simcrm.operations.simulations import Simulations
from simcrm.planning.plan_simulation import PlanRequest
from simcrm.storage.run_status import RunState, read_status, write_status
from simcrm.storage.simulation_files import SimulationFiles

NIGHTLY = ScheduleReference(name="nightly", overlap=Overlap.REFUSE)


class Runs:
    """Which simulations have ended."""

    def __init__(self, files: SimulationFiles) -> None:
        self.ended: set[str] = set()
        self._bucket = files.bucket

    def turns(self, has_ended: Callable[[str], bool] | None = None) -> ScheduleLock:
        return ScheduleLock(aws_clients.s3(), self._bucket, has_ended or (lambda name: name in self.ended))


@pytest.fixture
def runs(files: SimulationFiles) -> Runs:
    return Runs(files)


def test_a_firing_waits_for_no_one_and_the_next_is_refused_until_it_has_ended(runs: Runs) -> None:
    assert runs.turns().acquire(NIGHTLY, "sim-1") is None
    assert runs.turns().acquire(NIGHTLY, "sim-2") == "sim-1"
    assert runs.turns().acquire(NIGHTLY, "sim-3") == "sim-1"

    runs.ended.add("sim-1")

    assert runs.turns().acquire(NIGHTLY, "sim-4") is None
    assert runs.turns().acquire(NIGHTLY, "sim-5") == "sim-4"


def test_a_repeated_step_keeps_its_turn(runs: Runs) -> None:
    runs.turns().acquire(NIGHTLY, "sim-1")

    assert runs.turns().acquire(NIGHTLY, "sim-1") is None


def test_schedules_do_not_know_each_other(runs: Runs) -> None:
    runs.turns().acquire(NIGHTLY, "sim-1")

    assert runs.turns().acquire(ScheduleReference(name="hourly", overlap=Overlap.REFUSE), "sim-2") is None


def test_runs_that_may_overlap_are_never_refused(runs: Runs) -> None:
    runs.turns().acquire(NIGHTLY, "sim-1")

    assert runs.turns().acquire(ScheduleReference(name="nightly"), "sim-2") is None
    assert runs.turns().read("nightly", ScheduleLockState) == ScheduleLockState(simulation_id="sim-1")


@pytest.mark.parametrize("before", [True, False], ids=["after a run", "the first ones"])
def test_of_two_firings_at_once_one_starts(runs: Runs, *, before: bool) -> None:
    """The other one takes the turn between this one's look and its write."""
    if before:
        runs.turns().acquire(NIGHTLY, "sim-0")
        runs.ended.add("sim-0")
    slow = runs.turns()
    read = slow.read_version
    looks: list[str] = []

    def overtaken(name: str, model: Any) -> Any:
        found = read(name, model)
        if not looks:
            assert runs.turns().acquire(NIGHTLY, "sim-2") is None
        looks.append(name)
        return found

    slow.read_version = overtaken  # type: ignore[method-assign]

    assert slow.acquire(NIGHTLY, "sim-1") == "sim-2"
    assert runs.turns().read("nightly", ScheduleLockState) == ScheduleLockState(simulation_id="sim-2")


def test_a_refused_firing_says_which_run_is_in_its_way(files: SimulationFiles, log_lines: LogLines) -> None:
    request = PlanRequest(SIMULATION, START, {"totalRecords": 7})

    record_skipped_run(request, files, NIGHTLY, "sim-1", START)

    found = read_status(files)
    assert found is not None
    assert found.error is not None
    assert (found.status, found.planned, found.error.code) == (RunState.ABORTED, 7, "SCHEDULE_OVERLAP")
    assert "sim-1, started earlier by schedule nightly, is still running" in found.error.message
    (line,) = log_lines.with_event_id("SIMULATION_REFUSED")
    assert (line["simulationId"], line["schedule"], line["holder"]) == (SIMULATION, "nightly", "sim-1")


def test_whether_a_run_has_ended_is_asked_of_status_and_execution(
    simulations: Simulations, resources: Resources, files: SimulationFiles
) -> None:
    machine = aws_clients.step_functions()
    arn = machine.start_execution(stateMachineArn=resources.state_machine_arn, name=SIMULATION, input="{}")
    assert not simulations.has_ended(SIMULATION)
    write_status(files, status(status=RunState.RUNNING))
    assert not simulations.has_ended(SIMULATION)

    machine.stop_execution(executionArn=arn["executionArn"])

    assert simulations.has_ended(SIMULATION)
    assert simulations.has_ended("sim-nobody-knows")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "nightly", "overlap": "MAYBE"}, "schedule.overlap"),
        ({"overlap": "REFUSE"}, "schedule.name"),
        ({"name": "../other"}, "schedule.name"),
        ("nightly", "schedule.body"),
    ],
    ids=str,
)
def test_a_schedule_that_cannot_be_read_is_refused_by_its_field(given: object, field: str) -> None:
    with pytest.raises(InvalidSimulationError) as caught:
        read_schedule({"totalRecords": 1, "schedule": given})
    assert caught.value.field == field


@pytest.mark.parametrize(("document", "planned"), [({"totalRecords": 7}, 7), ({"total_records": 8}, 8), ({}, 0)])
def test_a_run_that_was_not_started_says_how_many_records_it_would_have_had(
    files: SimulationFiles, document: dict[str, Any], planned: int
) -> None:
    record_skipped_run(PlanRequest(SIMULATION, START, document), files, NIGHTLY, "sim-1", START)

    recorded = read_status(files)
    assert recorded is not None
    assert (recorded.planned, recorded.status, recorded.ended_at) == (planned, RunState.ABORTED, START)
