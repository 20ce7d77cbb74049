"""What follows a run: the API asks for it, a state machine lets a function do it slice by slice."""

from types import SimpleNamespace
from typing import Any

import emf
import pytest
from botocore.exceptions import ClientError
from builders import SIMULATION, START, batch, pair_row, plan, status, write_request
from lambda_events import sqs_event
from portal_in_process import LocalPortal
from recorders import ApiCalls
from template_resources import Resources
from unit.functions.after_a_run import PAIRS, PATH, ask, end_jobs, started_job
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.hubspot.errors import PortalAccessError
from simcrm.jobs import clean_up
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortMarker, read_abort_marker, write_abort_marker
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.run_status import RunFailure, RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda import job_factory

pytestmark = pytest.mark.usefixtures("connected")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_factory, "time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(clean_up, "EMPTY_PASSES", 1)  # the searches' own limit is five a second


@pytest.mark.usefixtures("running")
def test_an_abort_stops_the_execution_and_begins_to_ledger_what_it_leaves(
    invoke: Invoke, api_calls: ApiCalls, files: SimulationFiles
) -> None:
    number, document = ask(invoke, "POST", f"{PATH}/abort", {})

    assert (number, document) == (202, {"ok": True, "simulationId": SIMULATION, "status": "ABORTED"})
    assert read_abort_marker(files) is not None
    assert [call["executionArn"].rsplit(":", 1)[1] for call in api_calls.for_operation("StopExecution")] == [SIMULATION]
    (job,) = started_job(api_calls)
    assert (job["simulationId"], job["action"]) == (SIMULATION, "abort")
    assert ask(invoke, "GET", PATH)[1]["status"] == "ABORTED"


@pytest.mark.usefixtures("running")
def test_an_abort_is_measured_once(invoke: Invoke, api_calls: ApiCalls, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        ask(invoke, "POST", f"{PATH}/abort", {})
        end_jobs(api_calls)

    counted = {metric.name: values for metric, values in emf.metrics(capsys.readouterr().out).items()}
    assert counted["SimulationsAborted"] == [1]


@pytest.mark.usefixtures("running")
def test_aborting_twice_is_the_same_as_once(invoke: Invoke, api_calls: ApiCalls, files: SimulationFiles) -> None:
    first = ask(invoke, "POST", f"{PATH}/abort", {})
    marked = read_abort_marker(files)

    end_jobs(api_calls)
    assert ask(invoke, "POST", f"{PATH}/abort", {}) == first
    assert read_abort_marker(files) == marked
    stopped = [call["executionArn"].rsplit(":", 1)[1] for call in api_calls.for_operation("StopExecution")]
    assert stopped.count(SIMULATION) == 1


@pytest.mark.usefixtures("ran")
def test_what_has_ended_is_not_aborted(invoke: Invoke, api_calls: ApiCalls, files: SimulationFiles) -> None:
    number, document = ask(invoke, "POST", f"{PATH}/abort", {})

    assert (number, document["error"]["code"]) == (409, "SIMULATION_ENDED")
    assert read_abort_marker(files) is None
    assert api_calls.for_operation("StopExecution") == []


def test_what_never_was_is_not_aborted(invoke: Invoke) -> None:
    assert ask(invoke, "POST", "/api/simulations/sim-none/abort", {})[0] == 404


@pytest.mark.usefixtures("running")
def test_an_aborted_run_is_not_resumed_but_may_be_cleaned_up(invoke: Invoke, api_calls: ApiCalls) -> None:
    ask(invoke, "POST", f"{PATH}/abort", {})
    end_jobs(api_calls)

    number, document = ask(invoke, "POST", f"{PATH}/resume", {})

    assert (number, document["error"]["code"]) == (409, "SIMULATION_ABORTED")
    assert ask(invoke, "POST", f"{PATH}/cleanup", {"dryRun": False})[0] == 202


def test_an_execution_that_just_ended_is_no_failure_of_the_abort(
    invoke: Invoke, running: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(**_: Any) -> None:
        write_status(running, status(RunState.SUCCEEDED, planned=PAIRS))
        raise ClientError({"Error": {"Code": "ValidationException", "Message": ""}}, "StopExecution")

    monkeypatch.setattr(aws_clients.step_functions(), "stop_execution", ended)

    number, document = ask(invoke, "POST", f"{PATH}/abort", {})

    assert (number, document["error"]["code"]) == (409, "SIMULATION_ENDED")
    assert ask(invoke, "POST", f"{PATH}/resume", {})[1]["action"] == "nothing"


@pytest.mark.usefixtures("running")
def test_the_function_ledgers_what_an_abort_left(invoke: Invoke, api_calls: ApiCalls, files: SimulationFiles) -> None:
    ask(invoke, "POST", f"{PATH}/abort", {})
    write_plan(files, plan(totalRecords=2 * PAIRS, contactsPerCompany=1, timeScale=0))
    begun, waiting = batch(count=PAIRS), batch(number=1, first_index=PAIRS, count=PAIRS)
    files.write_lines(file_names.BATCHES, [begun.to_row(), waiting.to_row()])
    write_abort_marker(files, AbortMarker(at=START))
    (job,) = started_job(api_calls)

    answer = invoke("MaintainSimulationFunction", job)

    document = ask(invoke, "GET", PATH)[1]
    assert answer["done"] is True
    assert (document["status"], document["counts"]["contacts"]) == ("ABORTED", PAIRS)
    assert document["aborted"] >= 2 * PAIRS


@pytest.mark.parametrize("body", [None, {}, {"dryRun": True}])
@pytest.mark.usefixtures("ran")
def test_a_clean_up_is_a_dry_run_unless_told_otherwise(invoke: Invoke, api_calls: ApiCalls, body: Any) -> None:
    number, document = ask(invoke, "POST", f"{PATH}/cleanup", body)

    assert (number, document["dryRun"], document["total"]) == (200, True, 3 * PAIRS)
    assert document["counts"]["contacts"] == PAIRS
    assert started_job(api_calls) == []


@pytest.mark.usefixtures("ran")
def test_a_clean_up_takes_all_back_and_the_simulation_says_so(
    invoke: Invoke, api_calls: ApiCalls, portal: LocalPortal
) -> None:
    number, document = ask(invoke, "POST", f"{PATH}/cleanup", {"dryRun": False})
    (job,) = started_job(api_calls)
    done = invoke("MaintainSimulationFunction", job)

    assert (number, document["total"]) == (202, 3 * PAIRS)
    assert done == job | {"done": True}
    assert document["job"] == job["job"]
    assert {kind: portal.count(kind) for kind in ObjectType} == dict.fromkeys(ObjectType, 0)
    _, described = ask(invoke, "GET", PATH)
    assert (described["cleanup"]["done"], described["cleanup"]["job"]) == (True, job["job"])
    assert described["cleanup"]["archived"]["contacts"] == PAIRS


@pytest.mark.parametrize(
    ("body", "field"),
    [("{", "body"), ([1], "body"), ({"dryRun": "no"}, "dryRun"), ({"dryrun": False}, "dryrun")],
)
@pytest.mark.usefixtures("ran")
def test_a_body_that_could_mean_anything_takes_nothing_back(
    invoke: Invoke, api_calls: ApiCalls, body: Any, field: str
) -> None:
    number, document = ask(invoke, "POST", f"{PATH}/cleanup", body)

    assert (number, document["error"]["field"]) == (400, field)
    assert started_job(api_calls) == []


@pytest.mark.parametrize("route", ["cleanup", "resume"])
def test_a_run_that_has_not_ended_is_left_alone(invoke: Invoke, ran: SimulationFiles, route: str) -> None:
    write_status(ran, status())

    number, document = ask(invoke, "POST", f"{PATH}/{route}", {})

    assert (number, document["error"]["code"]) == (409, "SIMULATION_RUNNING")


@pytest.mark.parametrize(("method", "route"), [("POST", "cleanup"), ("POST", "resume")])
def test_a_simulation_that_was_never_started_is_not_found(invoke: Invoke, method: str, route: str) -> None:
    assert ask(invoke, method, f"/api/simulations/sim-unknown/{route}")[0] == 404


@pytest.mark.usefixtures("ran")
def test_a_run_without_refusals_has_nothing_to_resume(invoke: Invoke, api_calls: ApiCalls) -> None:
    number, document = ask(invoke, "POST", f"{PATH}/resume")

    assert (number, document["action"]) == (202, "nothing")
    assert started_job(api_calls) == []


def test_what_was_refused_is_repaired(invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls) -> None:
    write_status(ran, status(RunState.SUCCEEDED, failed=2))

    _, document = ask(invoke, "POST", f"{PATH}/resume")
    (job,) = started_job(api_calls)

    assert document["action"] == job["action"] == "repair"
    assert invoke("MaintainSimulationFunction", job)["done"] is True


def test_a_run_of_which_nothing_arrived_is_repaired(invoke: Invoke, ran: SimulationFiles) -> None:
    error = RunFailure(code="NOTHING_ARRIVED", message="Nothing arrived.")
    write_status(ran, status(RunState.FAILED, failed=2, error=error))

    assert ask(invoke, "POST", f"{PATH}/resume")[1]["action"] == "repair"


def test_a_run_that_arrived_in_part_is_repaired_and_its_state_with_it(
    invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls, portal: LocalPortal
) -> None:
    """Its definitions were lost on the way, and are there again."""
    entries = list(Ledger(ran).read_step(0, "contacts") or ())
    refused = [entry.model_copy(update={"outcome": LedgerOutcome.REFUSED, "reason": "no"}) for entry in entries]
    Ledger(ran).write_step(0, "contacts", refused)
    write_status(ran, status(RunState.PARTIAL, failed=len(refused), error=RunFailure(code="PARTIAL", message="no")))
    portal.request("POST", "/crm/v3/properties/contacts/batch/archive", {"inputs": [{"name": "simcrm_record_key"}]})

    assert ask(invoke, "POST", f"{PATH}/resume")[1]["action"] == "repair"
    (job,) = started_job(api_calls)
    assert invoke("MaintainSimulationFunction", job)["done"] is True

    told, counters = ask(invoke, "GET", PATH)[1], ask(invoke, "GET", f"{PATH}/metrics")[1]
    assert (told["status"], told["failed"], told["missing"], told["error"]) == ("SUCCEEDED", 0, 0, None)
    assert told["counts"]["contacts"] == portal.count("contacts") == PAIRS
    assert (counters["metrics"]["records_refused"], counters["metrics"]["contacts_created"]) == ("0", str(PAIRS))


def test_a_repair_that_the_portal_refuses_says_so(
    invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls, portal: LocalPortal
) -> None:
    write_status(ran, status(RunState.PARTIAL, failed=2))
    portal.fault(path="/account-info", status=401, times=None)
    ask(invoke, "POST", f"{PATH}/resume")
    (job,) = started_job(api_calls)

    with pytest.raises(PortalAccessError):
        invoke("MaintainSimulationFunction", job)

    said = ask(invoke, "GET", PATH)[1]["error"]["message"]
    assert "could not be retried: HubSpot does not accept the token" in said


def test_dead_letters_are_sent_again_when_that_is_wanted(
    invoke: Invoke, resources: Resources, api_calls: ApiCalls
) -> None:
    invoke("FailUndeliveredFunction", sqs_event(write_request(), "nonsense"))
    path = "/api/boss/dlq/replay"

    assert ask(invoke, "POST", path)[0] == 403
    _, shown = ask(invoke, "POST", path, role="boss")
    assert (shown["dryRun"], shown["replayed"], shown["unusable"]) == (True, 1, 1)
    assert api_calls.for_operation("SendMessageBatch") == []

    ask(invoke, "POST", path, {"dryRun": False}, role="boss")
    (sent,) = api_calls.for_operation("SendMessageBatch")
    bodies = [letter["MessageBody"] for letter in sent["Entries"]]
    assert (sent["QueueUrl"], bodies) == (resources.write_queue_url, [write_request()])
    assert ask(invoke, "GET", "/api/boss/dlq", role="boss")[1]["total"] == 1


@pytest.mark.parametrize("end", [RunState.FAILED, RunState.ABORTED])
def test_a_run_that_did_not_succeed_goes_on_in_a_new_execution(
    invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls, end: RunState
) -> None:
    write_status(ran, status(end, failed=1))

    number, document = ask(invoke, "POST", f"{PATH}/resume")

    (call,) = api_calls.for_operation("StartExecution")
    assert (number, document["action"], call["name"]) == (202, "continue", f"{SIMULATION}--r2")
    assert ask(invoke, "GET", PATH)[1]["status"] == "RUNNING"
    assert ask(invoke, "POST", f"{PATH}/resume")[0] == 409


@pytest.mark.parametrize("lost", ["a batch", "activities"])
def test_a_run_that_lost_a_batch_though_it_succeeded_goes_on(invoke: Invoke, ran: SimulationFiles, lost: str) -> None:
    if lost == "a batch":
        ran.write_lines(
            file_names.BATCHES, [Batch(number, START, PAIRS * number, PAIRS).to_row() for number in range(2)]
        )
    else:
        write_status(ran, status(RunState.SUCCEEDED, failed=0, missing=1))

    assert ask(invoke, "POST", f"{PATH}/resume")[1]["action"] == "continue"


def test_a_rotated_token_is_found_by_the_writer_that_runs(
    invoke: Invoke, resources: Resources, ran: SimulationFiles, portal: LocalPortal
) -> None:
    ran.write_lines(file_names.records_file(1), [pair_row(90)])
    resources.fill_secret(hubspotToken="rotated")
    portal.request("PUT", "/_local/tokens", {"rotated": None})

    assert invoke("WriteHubSpotFunction", sqs_event(write_request(batch=1, source=file_names.records_file(1)))) == {
        "batchItemFailures": []
    }

    portal.request("PUT", "/_local/tokens", {})
    assert portal.count("contacts") == PAIRS + 1
