"""A simulation that has ended, and what is asked of it through the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from builders import SIMULATION, activity_row, pair_row, plan, simulation_input, status, write_request
from lambda_events import api_event, sqs_event
from recorders import ApiCalls
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.run_status import RunState, write_status
from simcrm.storage.simulation_files import SimulationFiles

Invoke = Callable[[str, dict[str, Any]], Any]
"""Calls a function by its name in the template."""

PAIRS = 5
PATH = f"/api/simulations/{SIMULATION}"


@pytest.fixture
def ran(connected: object, invoke: Invoke, resources: Resources, files: SimulationFiles) -> SimulationFiles:
    """A simulation that has ended: pairs and a note each."""
    assert connected is not None
    given = json.dumps(simulation_input().model_dump(mode="json", by_alias=True, exclude_unset=True))
    aws_clients.step_functions().start_execution(
        stateMachineArn=resources.state_machine_arn, name=SIMULATION, input=given
    )
    write_plan(files, plan())
    files.write_lines(file_names.records_file(0), [pair_row(index) for index in range(PAIRS)])
    files.write_lines(file_names.activities_file(0, 0), [activity_row(index=index) for index in range(PAIRS)])
    wave = write_request(step="wave-000", source=file_names.activities_file(0, 0))
    for body in (write_request(), wave):
        assert invoke("WriteHubSpotFunction", sqs_event(body)) == {"batchItemFailures": []}
    write_status(files, status(RunState.SUCCEEDED, planned=PAIRS))
    return files


@pytest.fixture
def running(ran: SimulationFiles) -> SimulationFiles:
    """The same simulation before its end."""
    write_status(ran, status(RunState.RUNNING, planned=PAIRS))
    return ran


def ask(invoke: Invoke, method: str, path: str, body: Any = None, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = invoke("ApiFunction", api_event(method, path, body, **fields))
    return answer["statusCode"], json.loads(answer["body"])


def started_job(calls: ApiCalls) -> list[Any]:
    """What the machine hands to its function: the input, and the execution's name."""
    return [json.loads(call["input"]) | {"job": call["name"]} for call in calls.for_operation("StartExecution")]


def end_jobs(calls: ApiCalls) -> None:
    """Let the jobs that were started end, as their machine does."""
    for call in calls.for_operation("StartExecution"):
        if call["name"] == SIMULATION:
            continue
        arn = call["stateMachineArn"].replace(":stateMachine:", ":execution:") + f":{call['name']}"
        aws_clients.step_functions().stop_execution(executionArn=arn)
