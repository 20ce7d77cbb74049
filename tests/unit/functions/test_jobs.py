"""A simulation has one job at a time, whoever asks at the same moment, and whatever dies in between."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from builders import SIMULATION, pair_row, status, write_request
from lambda_events import api_event, sqs_event
from portal_in_process import LocalPortal
from recorders import ApiCalls
from unit.functions.after_a_run import PAIRS, PATH, ask, end_jobs, started_job
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.jobs import clean_up
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm.storage import file_names
from simcrm.storage.abort_marker import read_abort_marker
from simcrm.storage.job_record import JobRecord, JobSlot, read_job
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda import job_factory

pytestmark = pytest.mark.usefixtures("connected")
NOTHING = by_json_name(dict.fromkeys(ObjectType, 0))
CLEANUP, RESUME, REPAIR, ABORT = "cleanup", "resume", "repair", "abort"
STATES = {RESUME: RunState.FAILED, REPAIR: RunState.SUCCEEDED, CLEANUP: RunState.FAILED, ABORT: RunState.RUNNING}
"""The state of a simulation of which each of them can be asked."""


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_factory, "time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(clean_up, "EMPTY_PASSES", 1)  # the searches' own limit is five a second


def demand(invoke: Invoke, job: str) -> tuple[int, dict[str, Any]]:
    route = RESUME if job == REPAIR else job
    return ask(invoke, "POST", f"{PATH}/{route}", {"dryRun": False} if job == CLEANUP else {})


def in_state(files: SimulationFiles, job: str) -> None:
    write_status(files, status(STATES[job], planned=PAIRS, failed=1))


PAIRS_OF_JOBS = [
    (RESUME, CLEANUP),
    (RESUME, REPAIR),
    (RESUME, ABORT),
    (CLEANUP, REPAIR),
    (CLEANUP, ABORT),
    (REPAIR, ABORT),
    (RESUME, RESUME),
    (CLEANUP, CLEANUP),
    (REPAIR, REPAIR),
    (ABORT, ABORT),
]


def at_once(monkeypatch: pytest.MonkeyPatch, other: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Let another request be served wholly between the look at the jobs and the write of the one under test.

    The list is empty once it was.
    """
    write = SimulationFiles.write_version
    left = [other]

    def write_later(self: SimulationFiles, name: str, document: Any, version: str) -> str:
        if name == file_names.JOB and left:
            left.pop()()
        return write(self, name, document, version)

    monkeypatch.setattr(SimulationFiles, "write_version", write_later)
    return left


BOTH_ORDERS = list(dict.fromkeys(pair for one, two in PAIRS_OF_JOBS for pair in ((one, two), (two, one))))


def begin_state(files: SimulationFiles, first: str, second: str) -> None:
    in_state(files, ABORT if {first, second} == {RESUME, ABORT} else first)


def check_one_was_begun(files: SimulationFiles, answers: list[tuple[int, dict[str, Any]]]) -> None:
    assert sorted(number for number, _ in answers) == [202, 409]
    (refused,) = [document["error"] for number, document in answers if number == 409]
    begun = read_job(files)
    assert begun is not None
    if refused["code"] == "JOB_RUNNING":
        assert begun.action in refused["message"]
        assert begun.execution in refused["message"]
        assert f"{begun.since:%Y-%m-%dT%H:%M:%SZ}" in refused["message"]
    else:
        assert refused["code"] in {"SIMULATION_ENDED", "SIMULATION_RUNNING", "SIMULATION_ABORTED"}


@pytest.mark.parametrize(("first", "second"), BOTH_ORDERS)
def test_of_two_jobs_the_second_is_told_what_runs(
    invoke: Invoke, ran: SimulationFiles, first: str, second: str
) -> None:
    begin_state(ran, first, second)

    check_one_was_begun(ran, [demand(invoke, first), demand(invoke, second)])


@pytest.mark.parametrize(("first", "second"), PAIRS_OF_JOBS)
def test_of_two_jobs_at_the_same_moment_one_is_begun(
    invoke: Invoke, ran: SimulationFiles, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    begin_state(ran, first, second)
    answers: list[tuple[int, dict[str, Any]]] = []
    waiting = at_once(monkeypatch, lambda: answers.append(demand(invoke, first)))

    answers.append(demand(invoke, second))
    if waiting:  # it was refused before it looked at the jobs
        waiting.pop()()

    check_one_was_begun(ran, answers)


@pytest.mark.parametrize("job", [CLEANUP, REPAIR, RESUME])
def test_a_job_that_has_ended_keeps_nothing(
    invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls, job: str
) -> None:
    in_state(ran, job)
    first, _ = demand(invoke, job)
    end_jobs(api_calls)
    in_state(ran, CLEANUP)

    second, _ = demand(invoke, CLEANUP)

    assert (first, second) == (202, 202)


def test_a_job_whose_start_is_refused_is_given_back(
    invoke: Invoke, ran: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ExecutionLimitExceeded", "Message": ""}}, "StartExecution")

    with monkeypatch.context() as broken:
        broken.setattr(aws_clients.step_functions(), "start_execution", refuse)
        failed, _ = demand(invoke, CLEANUP)

    assert (failed, read_job(ran)) == (500, None)
    assert demand(invoke, CLEANUP)[0] == 202


def test_a_job_of_which_nobody_knows_whether_it_was_started_is_kept_for_a_minute(
    invoke: Invoke, ran: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="")

    with monkeypatch.context() as broken:
        broken.setattr(aws_clients.step_functions(), "start_execution", lose)
        demand(invoke, CLEANUP)
    soon, told = demand(invoke, REPAIR)
    job = read_job(ran)
    assert job is not None
    earlier = job.model_copy(update={"since": job.since - timedelta(seconds=61)})
    ran.write(file_names.JOB, JobSlot(job=earlier))

    assert (soon, told["error"]["code"]) == (409, "JOB_RUNNING")
    assert demand(invoke, CLEANUP)[0] == 202


@pytest.mark.usefixtures("ran")
def test_a_job_that_was_started_too_late_does_nothing(
    invoke: Invoke, files: SimulationFiles, api_calls: ApiCalls, portal: LocalPortal
) -> None:
    demand(invoke, CLEANUP)
    (late,) = started_job(api_calls)
    newer = JobRecord(action=REPAIR, execution="arn:of:execution:repair-2", since=datetime.now(UTC))
    files.write(file_names.JOB, JobSlot(job=newer))

    answer = invoke("MaintainSimulationFunction", late)

    assert answer["done"] is True
    assert portal.count("contacts") == PAIRS


def test_a_run_that_was_resumed_can_be_aborted(invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls) -> None:
    in_state(ran, RESUME)
    demand(invoke, RESUME)

    number, _ = demand(invoke, ABORT)

    assert number == 202
    assert [call["executionArn"].rsplit(":", 1)[1] for call in api_calls.for_operation("StopExecution")] == [
        f"{SIMULATION}--r2"
    ]
    assert read_abort_marker(ran) is not None
    job = read_job(ran)
    assert job is not None
    assert job.action == ABORT


@pytest.fixture
def taken_back(invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls) -> SimulationFiles:
    """The simulation after its clean-up."""
    demand(invoke, CLEANUP)
    (job,) = started_job(api_calls)
    assert invoke("MaintainSimulationFunction", job)["done"] is True
    end_jobs(api_calls)
    return ran


@pytest.mark.usefixtures("taken_back")
def test_every_view_says_that_a_simulation_was_taken_back(invoke: Invoke) -> None:
    described = ask(invoke, "GET", PATH)[1]
    (row,) = ask(invoke, "GET", "/api/simulations")[1]["simulations"]
    exported = [ask_rows(invoke, form) for form in ("jsonl", "csv", "cards")]

    assert (described["takenBack"], row["takenBack"], ask(invoke, "GET", f"{PATH}/metrics")[1]["takenBack"]) == (
        True,
        True,
        True,
    )
    assert (described["counts"], described["status"]) == (NOTHING, "SUCCEEDED")
    assert described["cleanup"]["archived"]["contacts"] == PAIRS
    assert datetime.fromisoformat(described["cleanup"]["doneAt"]).tzinfo is not None
    assert all("taken_back" in text and '"written"' not in text for text in exported)


def ask_rows(invoke: Invoke, form: str) -> str:
    return str(invoke("ApiFunction", api_event("GET", f"{PATH}/records", format=form))["body"])


@pytest.mark.usefixtures("taken_back")
def test_a_second_clean_up_has_nothing_to_offer(invoke: Invoke, api_calls: ApiCalls) -> None:
    before = len(api_calls.for_operation("StartExecution"))

    shown = ask(invoke, "POST", f"{PATH}/cleanup", {})
    begun = ask(invoke, "POST", f"{PATH}/cleanup", {"dryRun": False})

    for number, document in (shown, begun):
        assert (number, document["takenBack"], document["total"]) == (200, True, 0)
        assert (document["counts"], document["samples"]) == (NOTHING, {})
    assert len(api_calls.for_operation("StartExecution")) == before


@pytest.mark.parametrize("end", [RunState.SUCCEEDED, RunState.FAILED])
def test_what_was_taken_back_cannot_be_resumed(invoke: Invoke, taken_back: SimulationFiles, end: RunState) -> None:
    write_status(taken_back, status(end, planned=PAIRS, failed=2))

    number, document = demand(invoke, RESUME)

    assert (number, document["error"]["code"]) == (409, "SIMULATION_TAKEN_BACK")
    assert "start another one" in document["error"]["message"]


@pytest.mark.usefixtures("ran")
def test_what_was_taken_back_in_part_is_counted_as_it_is_and_only_a_clean_up_goes_on(
    invoke: Invoke, api_calls: ApiCalls, portal: LocalPortal
) -> None:
    demand(invoke, CLEANUP)
    (job,) = started_job(api_calls)
    portal.fault(kind="status", status=401, path="contacts/batch/archive", times=None)
    with pytest.raises(Exception, match="hubspotToken"):
        invoke("MaintainSimulationFunction", job)
    end_jobs(api_calls)

    described = ask(invoke, "GET", PATH)[1]
    shown = ask(invoke, "POST", f"{PATH}/cleanup", {})[1]
    number, refused = demand(invoke, RESUME)

    assert (described["takenBack"], described["counts"]["notes"], described["counts"]["contacts"]) == (False, 0, PAIRS)
    assert shown["total"] == 2 * PAIRS
    assert (number, refused["error"]["code"]) == (409, "SIMULATION_TAKEN_BACK")
    assert f"simcrm cleanup {SIMULATION} --yes" in refused["error"]["message"]
    assert demand(invoke, CLEANUP)[0] == 202


def test_a_clean_up_keeps_late_writers_from_writing_behind_it(
    invoke: Invoke, taken_back: SimulationFiles, portal: LocalPortal
) -> None:
    taken_back.write_lines(file_names.records_file(1), [pair_row(90)])

    invoke("WriteHubSpotFunction", sqs_event(write_request(batch=1, source=file_names.records_file(1))))

    assert portal.count("contacts") == 0


def test_a_record_that_was_left_is_said_and_is_still_written(
    invoke: Invoke, ran: SimulationFiles, api_calls: ApiCalls, portal: LocalPortal
) -> None:
    number = portal.records("contacts")[0]["id"]
    assert ran
    portal.request("PATCH", f"/crm/v3/objects/contacts/{number}", {"properties": {"simcrm_simulation_id": ""}})
    demand(invoke, CLEANUP)
    (job,) = started_job(api_calls)
    invoke("MaintainSimulationFunction", job)

    described = ask(invoke, "GET", PATH)[1]
    rows = ask_rows(invoke, "jsonl").splitlines()

    assert (described["takenBack"], described["cleanup"]["foreign"]) == (True, 1)
    assert [f'"id": "{number}"' in row for row in rows if '"outcome": "written"' in row] == [True]
