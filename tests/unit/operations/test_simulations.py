from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from builders import START, entry, simulation_input, status
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends
from template_resources import Resources

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.errors import SimulationNotFoundError, SimulationRunningError
from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm.models.lead_events import LifecycleStage
from simcrm.operations.simulations import Simulations
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles

ID = "sim-test"
STOPPED = datetime(2026, 3, 2, 15, tzinfo=UTC)
NONE_YET = dict.fromkeys(ObjectType, 0)
SHOWN_NONE_YET = by_json_name(NONE_YET)


@pytest.fixture
def started(simulations: Simulations) -> Simulations:
    """The deployment in which the builders' simulation was just started."""
    simulations.start(simulation_input(), ID)
    return simulations


def end_execution(resources: Resources, state: str, **fields: Any) -> None:
    """End the execution as Step Functions does, without a word to the status."""
    backend = stepfunctions_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    (execution,) = backend.describe_state_machine(resources.state_machine_arn).executions
    for name, value in {"status": state, "stop_date": STOPPED, **fields}.items():
        setattr(execution, name, value)


def test_a_simulation_that_was_not_planned_yet_is_queued(started: Simulations) -> None:
    described = started.describe(ID)

    assert (described["status"], described["planned"], described["percentComplete"]) == ("QUEUED", 3, 0)
    assert described["input"] == {"simulationId": ID, "totalRecords": 3}
    assert (described["counts"], described["error"], described["endedAt"]) == (SHOWN_NONE_YET, None, None)
    assert datetime.now(UTC) - datetime.fromisoformat(described["startedAt"]) < timedelta(minutes=1)


def test_an_input_of_the_predecessors_names_says_how_much_is_planned(
    simulations: Simulations, resources: Resources
) -> None:
    aws_clients.step_functions().start_execution(
        stateMachineArn=resources.state_machine_arn, name=ID, input='{"total_records": 12}'
    )

    assert simulations.describe(ID)["planned"] == 12


def test_an_input_without_a_number_of_records_plans_nothing(simulations: Simulations, resources: Resources) -> None:
    aws_clients.step_functions().start_execution(stateMachineArn=resources.state_machine_arn, name=ID, input="{}")

    assert simulations.describe(ID)["planned"] == 0


def test_a_planned_simulation_runs_and_counts_live(
    started: Simulations, files: SimulationFiles, metrics: RunCounters
) -> None:
    write_status(files, status())
    metrics.add({"contacts_created": 2, "companies_created": 1, "records_settled": 3, "hubspot_calls": 9})
    metrics.add({"records_refused": 1})

    described = started.describe(ID)

    assert (described["status"], described["percentComplete"]) == ("RUNNING", 0.5)
    assert described["counts"] == SHOWN_NONE_YET | {ObjectType.CONTACTS: 2, ObjectType.COMPANIES: 1}
    assert (described["failed"], described["hubspotCalls"]) == (1, 9)
    assert described["startedAt"] == to_iso_utc(START)


def test_the_recorded_end_is_the_truth(
    started: Simulations, files: SimulationFiles, metrics: RunCounters, resources: Resources
) -> None:
    ended = status(
        RunState.SUCCEEDED,
        ended_at=STOPPED - timedelta(seconds=1),
        counts=NONE_YET | {ObjectType.CONTACTS: 3},
        failed=2,
        hubspot_calls=7,
    )
    write_status(files, ended)
    metrics.add({"contacts_created": 99, "records_refused": 99, "hubspot_calls": 99})
    end_execution(resources, "SUCCEEDED")

    described = started.describe(ID)

    assert (described["status"], described["percentComplete"]) == ("SUCCEEDED", 1)
    assert described["counts"] == SHOWN_NONE_YET | {ObjectType.CONTACTS: 3}
    assert (described["failed"], described["hubspotCalls"]) == (2, 7)
    assert described["endedAt"] == "2026-03-02T14:59:59.000Z"


def test_a_recorded_0_is_a_figure_and_not_a_missing_one(
    started: Simulations, files: SimulationFiles, metrics: RunCounters, resources: Resources
) -> None:
    """As after a resume that has written all that was refused, while the counters still know the refusals."""
    ended = status(RunState.SUCCEEDED, ended_at=STOPPED, counts=NONE_YET, failed=0, missing=0, hubspot_calls=0)
    write_status(files, ended)
    metrics.add({"contacts_created": 9, "records_refused": 9, "hubspot_calls": 9})
    end_execution(resources, "SUCCEEDED")

    described = started.describe(ID)

    assert described["counts"] == SHOWN_NONE_YET
    assert (described["failed"], described["missing"], described["hubspotCalls"]) == (0, 0, 0)


def test_a_run_that_arrived_in_part_has_ended(
    started: Simulations, files: SimulationFiles, resources: Resources
) -> None:
    write_status(files, status(RunState.PARTIAL, ended_at=STOPPED, counts=NONE_YET, failed=2, missing=3))
    end_execution(resources, "SUCCEEDED")

    described = started.describe(ID)

    assert (described["status"], described["failed"], described["missing"]) == ("PARTIAL", 2, 3)
    assert started.has_ended(ID)


def test_a_failed_simulation_says_why_and_what_to_do(
    started: Simulations, files: SimulationFiles, resources: Resources
) -> None:
    failure = {"code": "PORTAL_REFUSED", "message": "Put a token and resume."}
    write_status(files, status(RunState.FAILED, ended_at=STOPPED, error=failure))
    end_execution(resources, "FAILED", error="States.TaskFailed", cause="less clear")

    assert started.describe(ID)["error"] == failure


def test_an_execution_that_was_stopped_is_aborted_though_nothing_recorded_it(
    started: Simulations, files: SimulationFiles, resources: Resources
) -> None:
    write_status(files, status())
    end_execution(resources, "ABORTED")

    described = started.describe(ID)

    assert (described["status"], described["error"]) == ("ABORTED", None)
    assert described["endedAt"] == to_iso_utc(STOPPED)


def test_an_execution_that_was_stopped_before_its_plan_is_aborted_too(
    started: Simulations, resources: Resources
) -> None:
    end_execution(resources, "ABORTED")

    assert (started.describe(ID)["status"], started.describe(ID)["planned"]) == ("ABORTED", 3)


@pytest.mark.parametrize("state", ["TIMED_OUT", "FAILED"])
def test_an_execution_that_ended_badly_before_it_could_record_it_is_failed(
    started: Simulations, files: SimulationFiles, resources: Resources, state: str
) -> None:
    write_status(files, status())
    end_execution(resources, state, error="States.Timeout", cause="The clock ran out.")

    described = started.describe(ID)

    assert described["status"] == "FAILED"
    assert described["error"] == {"code": "States.Timeout", "message": "The clock ran out."}
    assert described["endedAt"] is not None


def test_a_failure_without_a_word_is_named_as_unknown(started: Simulations, resources: Resources) -> None:
    end_execution(resources, "FAILED")

    assert started.describe(ID)["error"] == {"code": "Unknown", "message": "no cause"}


def test_there_is_no_simulation_that_was_never_started(simulations: Simulations) -> None:
    with pytest.raises(SimulationNotFoundError, match="There is no simulation sim-none"):
        simulations.describe("sim-none")
    with pytest.raises(SimulationNotFoundError):
        simulations.metrics("sim-none")


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn", "ValidationException"])
def test_an_id_that_cannot_be_one_names_no_simulation(simulations: Simulations, code: str) -> None:
    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("describe_execution", service_error_code=code)
        with pytest.raises(SimulationNotFoundError):
            simulations.describe("sim 1")


def test_an_error_of_step_functions_is_no_missing_simulation(simulations: Simulations) -> None:
    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("describe_execution", service_error_code="AccessDeniedException")
        with pytest.raises(ClientError, match="AccessDenied"):
            simulations.describe("sim-1")


def test_metrics_are_the_counters_and_the_models_part(
    started: Simulations, files: SimulationFiles, metrics: RunCounters
) -> None:
    write_status(files, status())
    metrics.add({"ai_generation_fallback": 3, "records_settled": 6})

    answer = started.metrics(ID)

    assert answer["simulationId"] == ID
    assert answer["metrics"] == {"ai_generation_fallback": "3", "records_settled": "6"}
    assert (answer["aiGeneration"]["fallbackCount"], answer["status"]) == (3, "RUNNING")
    assert answer["percentComplete"] == 0.999


def settle(files: SimulationFiles) -> None:
    entries = [
        entry(index=0),
        entry(index=1),
        entry(index=2, outcome=LedgerOutcome.REFUSED),
        entry(ObjectType.COMPANIES),
    ]
    Ledger(files).write_step(0, "contacts", entries)


@pytest.mark.parametrize("which", ["simulations", "without_cache"])
def test_counters_that_the_cache_has_lost_are_made_again_from_the_ledger(
    started: Simulations, files: SimulationFiles, request: pytest.FixtureRequest, which: str
) -> None:
    assert started
    deployment: Simulations = request.getfixturevalue(which)
    write_status(files, status())
    settle(files)

    described, answer = deployment.describe(ID), deployment.metrics(ID)

    assert described["counts"] == SHOWN_NONE_YET | {ObjectType.CONTACTS: 2, ObjectType.COMPANIES: 1}
    assert described["failed"] == 1
    assert (answer["metrics"]["contacts_created"], answer["metrics"]["records_refused"]) == ("2", "1")


def test_a_cache_that_came_back_empty_counts_on_from_the_ledger(
    started: Simulations, files: SimulationFiles, cache: redis.Redis, metrics: RunCounters
) -> None:
    write_status(files, status())
    settle(files)
    cache.flushall()
    metrics.add({"contacts_created": 1, "ai_generation_fallback": 4})  # by a writer that was there before any reader

    described = started.describe(ID)
    metrics.add({"contacts_created": 1})

    assert (described["counts"][ObjectType.CONTACTS], described["percentComplete"]) == (2, 0.999)
    answer = started.metrics(ID)
    assert (answer["metrics"]["contacts_created"], answer["aiGeneration"]["fallbackCount"]) == ("3", 4)
    assert sum(row["written"] for row in answer["series"]) == 3


def test_counters_that_are_whole_ask_no_ledger(
    started: Simulations, files: SimulationFiles, metrics: RunCounters
) -> None:
    write_status(files, status())
    metrics.add({"contacts_created": 1})
    settle(files)

    assert started.describe(ID)["counts"][ObjectType.CONTACTS] == 1


def test_a_queued_simulation_has_no_ledger_to_count(started: Simulations, without_cache: Simulations) -> None:
    assert started
    assert without_cache.metrics(ID)["metrics"] == {}


def test_simulations_are_listed_the_latest_first(
    simulations: Simulations, open_files: Callable[[str], SimulationFiles], metrics: RunCounters
) -> None:
    for name in ("sim-a", ID):
        simulations.start(simulation_input(), name)
    write_status(open_files("sim-a"), status(RunState.SUCCEEDED, "sim-a", ended_at=STOPPED, planned=40))
    write_status(open_files(ID), status())
    metrics.add({"records_settled": 3})

    page = simulations.list_page(None)

    latest, first = page["simulations"]
    assert (latest["simulationId"], latest["status"], latest["percentComplete"]) == (ID, "RUNNING", 0.5)
    assert first == {
        "simulationId": "sim-a",
        "status": "SUCCEEDED",
        "totalRecords": 40,
        "startedAt": to_iso_utc(START),
        "endedAt": to_iso_utc(STOPPED),
        "percentComplete": 1,
        "takenBack": False,
    }
    assert "nextToken" not in page


def test_a_long_list_comes_in_pages_without_gap_or_repetition(simulations: Simulations) -> None:
    for number in range(25):
        simulations.start(simulation_input(), f"sim-{number:02d}")

    first = simulations.list_page(None)
    second = simulations.list_page(first["nextToken"])

    assert len(first["simulations"]) == 20
    found = [row["simulationId"] for row in first["simulations"] + second["simulations"]]
    assert sorted(found) == [f"sim-{number:02d}" for number in range(25)]
    assert "nextToken" not in second


def test_without_simulations_the_list_is_empty(simulations: Simulations) -> None:
    assert simulations.list_page(None) == {"simulations": []}


def test_a_failed_simulation_is_taken_up_in_a_new_execution_of_the_same_input(
    started: Simulations, files: SimulationFiles, resources: Resources, metrics: RunCounters
) -> None:
    metrics.add({"contacts_created": 2})
    failure = {"code": "PORTAL_REFUSED", "message": "Put a token and resume."}
    write_status(files, status(RunState.FAILED, ended_at=STOPPED, error=failure, failed=1))
    end_execution(resources, "FAILED")

    arn = started.resume(ID)
    described = started.describe(ID)

    assert arn.endswith(f":{ID}--r2")
    assert started.execution_arn(ID) == arn
    assert described["input"] == {"simulationId": ID, "totalRecords": 3}
    assert (described["status"], described["error"], described["endedAt"]) == ("RUNNING", None, None)
    assert described["counts"]["contacts"] == 2
    assert [row["simulationId"] for row in started.list_page(None)["simulations"]] == [ID]


def test_each_resume_counts_and_takes_a_name_that_is_free(
    started: Simulations, files: SimulationFiles, resources: Resources
) -> None:
    write_status(files, status(RunState.FAILED, ended_at=STOPPED))
    aws_clients.step_functions().start_execution(
        stateMachineArn=resources.state_machine_arn, name=f"{ID}--r2", input='{"of": "a resume that was cut off"}'
    )

    assert started.resume(ID).endswith("--r3")


def test_an_execution_of_an_attempt_that_was_stopped_ends_the_simulation(
    started: Simulations, files: SimulationFiles
) -> None:
    write_status(files, status(RunState.FAILED, ended_at=STOPPED))
    arn = started.resume(ID)
    aws_clients.step_functions().stop_execution(executionArn=arn)

    assert started.describe(ID)["status"] == "ABORTED"


def test_a_simulation_that_always_finds_its_name_taken_is_being_resumed(
    started: Simulations, files: SimulationFiles
) -> None:
    write_status(files, status(RunState.FAILED, ended_at=STOPPED))
    with Stubber(aws_clients.step_functions()) as stub:
        execution = {
            "input": "{}",
            "status": "FAILED",
            "startDate": START,
            "executionArn": "arn:aws:states:us-east-1:1:x",
        }
        stub.add_response("describe_execution", {**execution, "stateMachineArn": "arn:aws:states:us-east-1:1:y"})
        for _ in range(4):
            stub.add_client_error("start_execution", service_error_code="ExecutionAlreadyExists")
        with pytest.raises(SimulationRunningError):
            started.resume(ID)


def test_what_was_written_when_outlives_the_cache(
    started: Simulations, files: SimulationFiles, cache: redis.Redis
) -> None:
    write_status(files, status(started_at=datetime.now(UTC)))
    stages = (LifecycleStage.LEAD, LifecycleStage.CUSTOMER)
    rows = [entry(index=index).model_copy(update={"stage": stage}) for index, stage in enumerate(stages)]
    Ledger(files).write_step(0, "contacts", [*rows, entry(index=2, outcome=LedgerOutcome.REFUSED, reason="no")])

    found = started.metrics(ID)
    cache.flushall()

    assert sum(point["written"] for point in found["series"]) == 2
    assert [stage["contacts"] for stage in found["funnel"]] == [2, 1, 1, 1]
    assert started.metrics(ID)["series"] == found["series"]


def test_a_simulation_that_waits_has_an_empty_series(started: Simulations) -> None:
    found = started.metrics(ID)

    assert (found["series"], [stage["contacts"] for stage in found["funnel"]]) == ([], [0, 0, 0, 0])
