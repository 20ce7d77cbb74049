"""The executions behind simulations, pages of a ledger, and schedules, between the domain and AWS's answers."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from bucket_in_memory import BucketInMemory
from builders import SIMULATION, START

from simcrm.core.errors import (
    InvalidInputError,
    InvalidSimulationError,
    JobRunningError,
    NotFoundError,
    ScheduleExistsError,
    SimulationNotFoundError,
    SimulationRunningError,
)
from simcrm.jobs.action import EXPIRE, RESUME
from simcrm.operations.executions import Executions
from simcrm.operations.job_lock import JobLocks
from simcrm.operations.ledger_pages import MAX_FILES, PageCursor, read_page
from simcrm.operations.schedule_expressions import Firing
from simcrm.operations.schedules import ScheduleRequest, Schedules
from simcrm.storage import file_names
from simcrm.storage.job_record import JobRecord, JobSlot, read_job
from simcrm.storage.simulation_files import SimulationFiles

MACHINE = "arn:aws:states:eu-central-1:1:stateMachine:machine"
ARN = "arn:aws:states:eu-central-1:1:execution:machine:sim-test"


def aws_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class StepFunctions:
    """Answers with one document, or an error; the calls are noted."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.calls: list[dict[str, Any]] = []

    def _call(self, **asked: Any) -> Any:
        self.calls.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    start_execution = list_executions = describe_execution = _call


def executions(answer: Any) -> tuple[Executions, StepFunctions]:
    fake = StepFunctions(answer)
    return Executions(fake, MACHINE), fake  # type: ignore[arg-type]


def test_a_start_names_its_execution_after_simulation_and_attempt() -> None:
    made, fake = executions({"executionArn": ARN})

    assert made.start(SIMULATION, 1, "{}") == ARN == made.arn(SIMULATION, 1)
    assert fake.calls == [{"stateMachineArn": MACHINE, "name": SIMULATION, "input": "{}"}]
    assert made.arn(SIMULATION, 2) != made.arn(SIMULATION, 1)


def test_an_attempt_that_was_started_before_is_none_and_other_errors_stay_errors() -> None:
    assert executions(aws_error("ExecutionAlreadyExists"))[0].start(SIMULATION, 1, "{}") is None
    with pytest.raises(ClientError):
        executions(aws_error("AccessDenied"))[0].start(SIMULATION, 1, "{}")


def test_a_page_of_the_list_follows_its_token() -> None:
    made, fake = executions({"executions": []})

    assert made.list_page(None) == {"executions": []}
    made.list_page("token")

    assert fake.calls == [
        {"stateMachineArn": MACHINE, "maxResults": 20},
        {"stateMachineArn": MACHINE, "maxResults": 20, "nextToken": "token"},
    ]
    for code in ("InvalidToken", "ValidationException"):
        with pytest.raises(InvalidSimulationError):
            executions(aws_error(code))[0].list_page("x")
    with pytest.raises(ClientError):
        executions(aws_error("AccessDenied"))[0].list_page("x")


def test_an_execution_is_described_or_not_found() -> None:
    row = {"executionArn": ARN, "status": "FAILED", "input": "{}", "startDate": START, "stopDate": START}
    found = executions({**row, "error": "E", "cause": "why"})[0].describe(SIMULATION, 1)

    assert (found.arn, found.status, found.ended_at, found.error, found.cause) == (ARN, "FAILED", START, "E", "why")
    for code in ("ExecutionDoesNotExist", "InvalidArn", "InvalidName", "ValidationException"):
        with pytest.raises(SimulationNotFoundError):
            executions(aws_error(code))[0].describe_cached(SIMULATION, 1)
    with pytest.raises(ClientError):
        executions(aws_error("AccessDenied"))[0].describe(SIMULATION, 1)


# Jobs


@pytest.fixture
def bucket() -> BucketInMemory:
    return BucketInMemory()


@pytest.fixture
def files(bucket: BucketInMemory) -> SimulationFiles:
    return SimulationFiles(bucket, "bucket", SIMULATION)  # type: ignore[arg-type]


def locks(answer: Any) -> JobLocks:
    return JobLocks(StepFunctions(answer if isinstance(answer, Exception) else {"status": answer}))  # type: ignore[arg-type]


def job(action: str = "repair", name: str = "one", seconds: int = 0) -> JobRecord:
    since = datetime.fromtimestamp(START.timestamp() + seconds, UTC)
    return JobRecord(action=action, execution=f"arn:{name}", since=since)


@pytest.mark.parametrize(
    ("status", "later", "is_held"),
    [
        ("RUNNING", 10**6, True),
        ("PENDING_REDRIVE", 10**6, True),
        ("SUCCEEDED", 0, False),
        (aws_error("ExecutionDoesNotExist"), 59, True),
        (aws_error("ExecutionDoesNotExist"), 60, False),
    ],
)
def test_a_job_is_held_while_its_execution_runs_or_may_be_about_to(
    files: SimulationFiles, status: Any, later: int, *, is_held: bool
) -> None:
    files.write(file_names.JOB, JobSlot(job=job()))

    if is_held:
        with pytest.raises(JobRunningError):
            locks(status).acquire(files, job(name="two", seconds=later))
        assert read_job(files) == job()
    else:
        locks(status).acquire(files, job(name="two", seconds=later))
        assert read_job(files) == job(name="two", seconds=later)


def test_a_running_job_that_the_new_one_ends_is_no_obstacle(files: SimulationFiles) -> None:
    files.write(file_names.JOB, JobSlot(job=job(RESUME)))

    with pytest.raises(JobRunningError):
        locks("RUNNING").require_none(files, START)
    locks("RUNNING").acquire(files, job("abort", "two"), over=(RESUME,))

    assert read_job(files) == job("abort", "two")


def test_data_that_is_being_deleted_is_not_there_but_for_who_deletes_it(files: SimulationFiles) -> None:
    files.write(file_names.JOB, JobSlot(job=job(EXPIRE)))

    with pytest.raises(SimulationNotFoundError):
        locks("SUCCEEDED").require_none(files, START)
    locks("SUCCEEDED").acquire(files, job(EXPIRE, "two"), over=(EXPIRE,))
    assert read_job(files) == job(EXPIRE, "two")


def test_a_rejected_request_releases_its_job_and_an_unknown_end_does_not(files: SimulationFiles) -> None:
    with pytest.raises(NotFoundError), locks("SUCCEEDED").acquire(files, job()):
        raise NotFoundError("no")
    assert read_job(files) is None

    with pytest.raises(TimeoutError), locks("SUCCEEDED").acquire(files, job()):
        raise TimeoutError
    assert read_job(files) == job()


def test_a_job_that_somebody_else_has_taken_cannot_be_moved(files: SimulationFiles) -> None:
    lock = locks("SUCCEEDED").acquire(files, job())
    lock.move("arn:two")
    assert read_job(files) == job(name="two")

    files.write(file_names.JOB, JobSlot(job=job(name="theirs")))
    with pytest.raises(SimulationRunningError):
        lock.move("arn:three")
    lock.release()
    assert read_job(files) == job(name="theirs")


# Pages


PATTERN = re.compile(r"ledger/\d+/contacts\.jsonl")


def names(files: SimulationFiles, *counts: int) -> dict[str, int]:
    found = {}
    for batch, count in enumerate(counts):
        name = file_names.ledger_file(batch, "contacts")
        files.write_lines(name, [{"row": number} for number in range(count)])
        files.write_lines(file_names.ledger_file(batch, "wave-000"), [{"row": -1}])
        found[name] = count
    return found


def pages(files: SimulationFiles, limit: int | None) -> list[list[int]]:
    token, found = None, list[list[int]]()
    while True:
        page = read_page(files, token, PATTERN, lambda name: files.read_lines(name) or [], limit)
        found.append([row["row"] for row in page.rows])
        token = page.next_token
        if token is None:
            return found


def test_pages_have_as_many_rows_as_the_limit_within_a_file(files: SimulationFiles) -> None:
    names(files, 3, 0, 2)

    assert pages(files, 2) == [[0, 1], [2], [0, 1]]
    assert pages(files, 3) == [[0, 1, 2], [0, 1]]
    assert pages(files, None) == [[0, 1, 2], [0, 1]]


def test_a_page_reads_so_many_files_and_may_be_empty(files: SimulationFiles) -> None:
    names(files, *[0] * MAX_FILES, 1)

    assert pages(files, None) == [[], [0]]


def test_a_ledger_without_files_has_one_empty_page(files: SimulationFiles) -> None:
    assert pages(files, None) == [[]]


@pytest.mark.parametrize("token", ["a:x", "a:-1", "a:1000000", "a:\u0661"])
def test_a_token_of_no_page_is_refused(token: str) -> None:
    with pytest.raises(InvalidInputError):
        PageCursor.from_token(token)


def test_a_token_says_file_and_rows() -> None:
    assert PageCursor.from_token(None) == PageCursor("", 0)
    assert PageCursor.from_token("a:999999") == PageCursor("a", 999_999)
    assert PageCursor.from_token("a") == PageCursor("a", 0)


# Schedules


class Scheduler:
    """EventBridge Scheduler's group in memory."""

    def __init__(self, error: Exception | None = None) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._error = error

    def create_schedule(self, **row: Any) -> None:
        if self._error is not None:
            raise self._error
        self.rows[row["Name"]] = row

    def get_schedule(self, **asked: Any) -> dict[str, Any]:
        assert asked["GroupName"] == "group"
        return self.rows[asked["Name"]]

    def delete_schedule(self, **asked: Any) -> None:
        if self._error is not None:
            raise self._error
        del self.rows[asked["Name"]]

    def get_paginator(self, operation: str) -> "Scheduler":
        assert operation == "list_schedules"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        assert asked == {"GroupName": "group"}
        return [{"Schedules": [{"Name": name}]} for name in self.rows]


def schedules(error: Exception | None = None) -> Schedules:
    return Schedules(Scheduler(error), "group", MACHINE, "arn:role", "arn:letters")


def request(name: str = "nightly", **fields: Any) -> ScheduleRequest:
    document = {"name": name, "expression": "rate(1 day)", "input": {"totalRecords": 3}} | fields
    return ScheduleRequest.model_validate_json(json.dumps(document))


FIRING = Firing("rate(1 day)", "UTC", START)


def test_a_schedule_starts_the_machine_as_its_role() -> None:
    made = schedules()
    added = made.add(request(overlap="REFUSE"), FIRING)
    row = made.scheduler.rows["nightly"]

    assert (added["name"], added["expression"], added["timezone"], added["state"]) == (
        "nightly",
        "rate(1 day)",
        "UTC",
        "ENABLED",
    )
    assert (added["overlap"], added["input"]["totalRecords"]) == ("REFUSE", 3)
    assert (row["Target"]["Arn"], row["Target"]["RoleArn"]) == (MACHINE, "arn:role")
    assert row["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3_600}
    assert row["Target"]["DeadLetterConfig"] == {"Arn": "arn:letters"}
    assert (row["FlexibleTimeWindow"], row["ActionAfterCompletion"]) == ({"Mode": "OFF"}, "DELETE")


def test_schedules_are_listed_by_name_and_removed() -> None:
    made = schedules()
    for name in ("b", "a"):
        made.add(request(name), FIRING)

    assert [one["name"] for one in made.list_schedules(START)["schedules"]] == ["a", "b"]
    assert made.remove("a") == {"name": "a"}
    assert [one["name"] for one in made.list_schedules(START)["schedules"]] == ["b"]


def test_a_schedule_that_exists_or_does_not_is_named() -> None:
    with pytest.raises(ScheduleExistsError):
        schedules(aws_error("ConflictException")).add(request(), FIRING)
    for code in ("ResourceNotFoundException", "ValidationException"):
        with pytest.raises(NotFoundError):
            schedules(aws_error(code)).remove("a")
    with pytest.raises(ClientError):
        schedules(aws_error("X")).add(request(), FIRING)
    with pytest.raises(ClientError):
        schedules(aws_error("X")).remove("a")


def test_an_id_that_would_be_the_same_at_each_firing_is_refused() -> None:
    with pytest.raises(InvalidInputError) as raised:
        schedules().add(request(input={"totalRecords": 3, "simulationId": "x"}), FIRING)

    assert raised.value.field == "input.simulationId"


def test_a_schedule_whose_input_cannot_be_started_any_more_has_no_mode() -> None:
    made = schedules()
    made.add(request("good"), FIRING)
    made.add(request("bad", input={"totalRecords": -1}), FIRING)

    modes = {one["name"]: one["mode"] for one in made.list_schedules(START)["schedules"]}
    assert modes["bad"] is None
    assert modes["good"] is not None
