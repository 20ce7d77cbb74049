"""What the routes ask Step Functions: looking shares an answer, changing asks anew."""

import json
from typing import Any

import pytest
from lambda_events import api_event
from recorders import ApiCalls
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.operations.executions import Executions

ID = "sim-test"
PATH = f"/api/simulations/{ID}"
DESCRIBE = "DescribeExecution"


@pytest.fixture
def running(invoke: Invoke) -> Invoke:
    """The API, with a run that somebody watches."""
    assert ask(invoke, "POST", "/api/simulations", {"totalRecords": 3, "simulationId": ID})[0] == 202
    assert ask(invoke, "GET", PATH)[1]["status"] == "QUEUED"
    return invoke


def ask(invoke: Invoke, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    answer = invoke("ApiFunction", api_event(method, path, body))
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("path", [PATH, f"{PATH}/metrics", f"{PATH}/failures", "/api/simulations"])
def test_looking_costs_no_question_while_somebody_else_looks(running: Invoke, api_calls: ApiCalls, path: str) -> None:
    before = len(api_calls.for_operation(DESCRIBE))

    assert ask(running, "GET", path)[0] == 200

    assert len(api_calls.for_operation(DESCRIBE)) == before


@pytest.mark.parametrize("action", ["abort", "resume", "cleanup"])
def test_what_changes_a_run_asks_anew(running: Invoke, api_calls: ApiCalls, resources: Resources, action: str) -> None:
    execution = Executions(aws_clients.step_functions(), resources.state_machine_arn).arn(ID, 1)
    aws_clients.step_functions().stop_execution(executionArn=execution)
    before = len(api_calls.for_operation(DESCRIBE))

    number, _ = ask(running, "POST", f"{PATH}/{action}", {"dryRun": True} if action == "cleanup" else {})

    assert number in {200, 202}
    assert len(api_calls.for_operation(DESCRIBE)) > before
    assert api_calls.for_operation("StopExecution")[1:] == []


def test_an_abort_shows_at_once_to_those_who_watch(running: Invoke) -> None:
    assert ask(running, "POST", f"{PATH}/abort", {})[0] == 202

    assert ask(running, "GET", PATH)[1]["status"] == "ABORTED"
