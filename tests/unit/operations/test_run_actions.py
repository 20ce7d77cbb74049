"""Clean-up, resume and abort: what each starts, and when it refuses, by what is recorded of a run."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import SIMULATION, START, entry, plan, simulation_input, status
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.cloudwatch_metrics import Metric, MetricKey, flush
from simcrm.core.errors import (
    JobRunningError,
    SimulationAbortedError,
    SimulationCleanedUpError,
    SimulationEndedError,
    SimulationRunningError,
)
from simcrm.jobs.cleanup_state import CleanupState
from simcrm.jobs.run_outcome import NOTHING_ARRIVED
from simcrm.operations.run_actions import RunActions, can_continue
from simcrm.operations.simulations import Simulations
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortMarker, read_abort_marker, write_abort_marker
from simcrm.storage.job_record import read_job
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.run_status import RunFailure, RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles

NOW = START + timedelta(days=1)
Run = Callable[..., None]


@pytest.fixture
def actions(simulations: Simulations, resources: Resources) -> RunActions:
    simulations.start(simulation_input(), SIMULATION)
    machine = str(resources.values["MaintenanceStateMachine"])
    return RunActions(aws_clients.step_functions(), machine, simulations)


@pytest.fixture
def run(files: SimulationFiles, resources: Resources) -> Run:
    """Record that a run of one batch is in a state, with so many refused objects."""

    def record(
        state: RunState = RunState.SUCCEEDED, refused: int = 0, execution: str = "SUCCEEDED", **fields: Any
    ) -> None:
        write_plan(files, plan())
        files.write_lines(
            file_names.BATCHES, [{"batch": 0, "dueAt": "2026-03-02T14:00:00Z", "firstIndex": 0, "count": 3}]
        )
        outcome = LedgerOutcome.REFUSED if refused else LedgerOutcome.WRITTEN
        Ledger(files).write_step(0, "contacts", [entry(outcome=outcome, reason="no")])
        write_status(files, status(state, failed=refused, **fields) if state.is_final else status(state))
        end(resources, execution)

    return record


def end(resources: Resources, state: str) -> None:
    """Let the simulation's executions have a status."""
    backend = stepfunctions_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    for execution in backend.describe_state_machine(resources.state_machine_arn).executions:
        execution.status = state


def jobs(resources: Resources) -> list[tuple[str, dict[str, Any]]]:
    """Names and inputs of the executions that jobs have started."""
    backend = stepfunctions_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    found = backend.describe_state_machine(str(resources.values["MaintenanceStateMachine"])).executions
    return [(item.name, json.loads(item.execution_input)) for item in found]


@pytest.mark.parametrize(
    ("state", "fields", "expected"),
    [
        (RunState.SUCCEEDED, {}, False),
        (RunState.PARTIAL, {}, False),
        (RunState.SUCCEEDED, {"missing": 1}, True),
        (RunState.FAILED, {}, True),
        (RunState.FAILED, {"error": RunFailure(code=NOTHING_ARRIVED, message="")}, False),
        (RunState.FAILED, {"error": RunFailure(code="PORTAL_REFUSED", message="")}, True),
        (RunState.ABORTED, {}, True),
    ],
)
def test_a_run_that_stopped_before_its_end_can_continue(
    files: SimulationFiles, run: Run, state: RunState, fields: dict[str, Any], *, expected: bool
) -> None:
    run(state)

    assert can_continue(files, status(state, failed=0, **fields)) is expected


def test_a_preview_of_a_clean_up_starts_nothing(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run()

    answer = actions.cleanup(files, NOW, dry_run=True)

    assert (answer["simulationId"], answer["dryRun"], answer["takenBack"]) == (SIMULATION, True, False)
    assert jobs(resources) == []
    assert read_job(files) is None


def test_a_clean_up_starts_its_job_under_a_name_of_its_time(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run()

    answer = actions.cleanup(files, NOW, dry_run=False)

    name = f"cleanup-{SIMULATION}-20260303t140000000000"
    assert jobs(resources) == [(name, {"simulationId": SIMULATION, "action": "cleanup"})]
    assert answer["job"] == name
    assert answer["executionArn"].endswith(f":execution:{actions.machine.rpartition(':')[2]}:{name}")
    job = read_job(files)
    assert job is not None
    assert (job.name, job.action) == (name, "cleanup")


def test_what_is_cleaned_up_is_not_cleaned_up_again(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run()
    files.write(file_names.CLEANUP, CleanupState(done=True))

    assert actions.cleanup(files, NOW, dry_run=False)["takenBack"] is True
    assert jobs(resources) == []
    with pytest.raises(SimulationCleanedUpError):
        actions.resume(files, NOW)


@pytest.mark.parametrize("done", [True, False])
def test_a_run_whose_clean_up_has_begun_is_not_resumed(
    actions: RunActions, files: SimulationFiles, run: Run, *, done: bool
) -> None:
    run(refused=1)
    files.write(file_names.CLEANUP, CleanupState(done=done))

    with pytest.raises(SimulationCleanedUpError) as raised:
        actions.resume(files, NOW)
    assert str(raised.value) == str(SimulationCleanedUpError(SIMULATION, is_complete=done))


def test_a_run_that_is_running_is_neither_cleaned_up_nor_resumed(
    actions: RunActions, files: SimulationFiles, run: Run
) -> None:
    run(RunState.RUNNING, execution="RUNNING")

    for act in (actions.resume, lambda files, now: actions.cleanup(files, now, dry_run=False)):
        with pytest.raises(SimulationRunningError):
            act(files, NOW)


def test_a_run_that_was_aborted_is_not_resumed_unless_its_marker_is_void(
    actions: RunActions, files: SimulationFiles, run: Run
) -> None:
    run()
    write_abort_marker(files, AbortMarker(at=START))
    with pytest.raises(SimulationAbortedError):
        actions.resume(files, NOW)

    write_abort_marker(files, AbortMarker(at=START, is_void=True))
    assert actions.resume(files, NOW)["action"] == "nothing"


def test_a_run_with_nothing_refused_has_nothing_to_resume_and_holds_no_job(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run()

    assert actions.resume(files, NOW) == {"simulationId": SIMULATION, "failed": 0, "action": "nothing"}
    assert (read_job(files), jobs(resources)) == (None, [])


def test_what_was_refused_in_a_run_that_came_to_its_end_is_repaired(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run(RunState.PARTIAL, refused=2)

    answer = actions.resume(files, NOW)

    ((name, document),) = jobs(resources)
    assert document == {"simulationId": SIMULATION, "action": "repair"}
    assert (answer["action"], answer["failed"], answer["simulationId"]) == ("repair", 2, SIMULATION)
    assert answer["executionArn"].endswith(f":{name}")
    job = read_job(files)
    assert job is not None
    assert (job.action, job.execution) == ("repair", answer["executionArn"])


def test_a_run_that_failed_goes_on_in_another_execution(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run(RunState.FAILED, refused=1, execution="FAILED")

    answer = actions.resume(files, NOW)

    assert (answer["action"], answer["failed"]) == ("continue", 1)
    assert answer["executionArn"] == actions.simulations.execution_arn(SIMULATION)
    assert answer["executionArn"] != f"{SIMULATION}"
    assert jobs(resources) == []
    job = read_job(files)
    assert job is not None
    assert (job.action, job.execution) == ("resume", answer["executionArn"])


def test_a_job_that_runs_keeps_others_out(actions: RunActions, files: SimulationFiles, run: Run) -> None:
    run(RunState.PARTIAL, refused=2)
    actions.resume(files, NOW)

    for act in (actions.resume, lambda files, now: actions.cleanup(files, now, dry_run=False)):
        with pytest.raises(JobRunningError):
            act(files, NOW)


def abort(actions: RunActions, files: SimulationFiles, now: datetime = NOW) -> Any:
    flush()
    return actions.abort(files, now)


def test_an_abort_marks_the_run_stops_it_and_settles_what_it_left(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run(RunState.RUNNING, execution="RUNNING")

    assert abort(actions, files) == {"simulationId": SIMULATION, "status": "ABORTED"}

    assert read_abort_marker(files) == AbortMarker(at=NOW)
    assert actions.simulations.status(SIMULATION).status is RunState.ABORTED
    assert [document["action"] for _, document in jobs(resources)] == ["abort"]
    assert flush()[MetricKey(Metric.SIMULATIONS_ABORTED)] == [1]


def test_a_run_that_ended_by_itself_is_not_aborted(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run()

    with pytest.raises(SimulationEndedError):
        abort(actions, files)
    assert (read_abort_marker(files), read_job(files), jobs(resources)) == (None, None, [])


def test_a_run_that_ends_while_it_is_aborted_is_not_aborted(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(RunState.RUNNING, execution="RUNNING")
    monkeypatch.setattr(RunActions, "_stop", lambda *_: run())

    with pytest.raises(SimulationEndedError):
        abort(actions, files)
    assert (read_abort_marker(files), read_job(files), jobs(resources)) == (None, None, [])
    assert MetricKey(Metric.SIMULATIONS_ABORTED) not in flush()


def test_an_abort_that_was_settled_changes_nothing_more(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run(RunState.ABORTED, execution="ABORTED")
    files.write(file_names.CLEANUP, CleanupState())

    assert abort(actions, files)["status"] == "ABORTED"
    assert (jobs(resources), read_job(files)) == ([], None)


def test_an_abort_that_was_not_settled_is_settled_and_not_counted_again(
    actions: RunActions, files: SimulationFiles, run: Run, resources: Resources
) -> None:
    run(RunState.ABORTED, execution="ABORTED")

    abort(actions, files)

    assert [document["action"] for _, document in jobs(resources)] == ["abort"]
    assert MetricKey(Metric.SIMULATIONS_ABORTED) not in flush()


def test_a_resume_is_the_next_attempt(actions: RunActions, files: SimulationFiles) -> None:
    simulations = actions.simulations
    second = simulations.next_execution(SIMULATION)
    write_status(files, status(RunState.FAILED, failed=0, attempt=1))
    assert simulations.next_execution(SIMULATION) == second
    write_status(files, status(RunState.FAILED, failed=0, attempt=2))

    third = simulations.next_execution(SIMULATION)

    assert len({simulations.execution_arn(SIMULATION), second, third}) == 2
    assert simulations.execution_arn(SIMULATION) == second != third
