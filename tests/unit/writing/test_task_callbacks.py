import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from builders import entry
from recorders import ApiCalls, LogLines
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import LedgerOutcome, LedgerTotals
from simcrm.writing.task_callbacks import TaskCallbacks

TALLY = LedgerTotals.from_entries(
    [entry(index=0), entry(ObjectType.COMPANIES), entry(index=1, outcome=LedgerOutcome.REFUSED)]
)
OPERATIONS = pytest.mark.parametrize("operation", ["send_task_success", "send_task_failure"])


@pytest.fixture
def tasks(resources: Resources) -> TaskCallbacks:
    assert resources
    return TaskCallbacks(aws_clients.step_functions())


@pytest.fixture
def stub(resources: Resources) -> Iterator[Stubber]:
    assert resources
    with Stubber(aws_clients.step_functions()) as stubber:
        yield stubber


def answer(tasks: TaskCallbacks, operation: str) -> None:
    if operation == "send_task_success":
        tasks.succeed("token", TALLY)
    else:
        tasks.fail("token", "PORTAL_REFUSED", "because")


def test_a_settled_step_says_how_many_objects_were_written_and_refused(
    tasks: TaskCallbacks, api_calls: ApiCalls
) -> None:
    tasks.succeed("token", TALLY)

    assert json.loads(api_calls.responses()["token"]) == {"written": 2, "refused": 1}


def test_a_step_that_cannot_be_settled_says_why(tasks: TaskCallbacks, api_calls: ApiCalls) -> None:
    tasks.fail("token", "PORTAL_REFUSED", "Put a token.")

    assert api_calls.responses() == {"token": "PORTAL_REFUSED: Put a token."}


def test_a_cause_is_cut_to_what_step_functions_takes(tasks: TaskCallbacks, api_calls: ApiCalls) -> None:
    tasks.fail("token", "X", "y" * 40_000)

    assert len(api_calls.for_operation("SendTaskFailure")[0]["cause"]) == 32_768


@OPERATIONS
@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_an_answer_that_nobody_waits_for_is_dropped(
    stub: Stubber, log_lines: LogLines, operation: str, code: str
) -> None:
    stub.add_client_error(operation, service_error_code=code)

    answer(TaskCallbacks(aws_clients.step_functions()), operation)

    assert [line["reason"] for line in log_lines.with_event_id("TASK_OVER")] == [code]


@OPERATIONS
def test_an_answer_that_could_not_be_given_is_an_error(stub: Stubber, operation: str) -> None:
    stub.add_client_error(operation, service_error_code="AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDenied"):
        answer(TaskCallbacks(aws_clients.step_functions()), operation)
