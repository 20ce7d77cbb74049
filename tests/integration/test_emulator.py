"""What the embedded stack counts on in the emulator that is installed."""

import subprocess
from pathlib import Path

import pytest
from integration.driving import Api, JsonObject, aws_client

from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

WAITS = """
import inspect
from ministack.core.lambda_runtime import Worker
print(*inspect.signature(Worker._drain_stderr_bounded).parameters, callable(Worker.invoke))
"""


def test_what_the_stack_changes_of_a_worker_is_there(project: Project, state: StackState) -> None:
    assert state.endpoint
    done = subprocess.run([str(project.emulator_python), "-c", WAITS], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["self", "first_line_wait", "idle_confirm", "hard_cap", "True"]


def test_workers_share_the_packages_of_the_layers(project: Project, state: StackState) -> None:
    assert Api(state, None).get("/api/health").json()["ok"] is True

    workers = list((project.scratch).glob("ministack-lambda-*"))
    packages = [path for worker in workers for path in Path(worker).glob("layer_*/python/*")]
    assert workers
    assert {path.name for path in packages} == {"lib"}


@pytest.mark.parametrize(
    ("fields", "at_a_time"),
    [({}, 4), ({"startTime": "2026-06-01T00:00:00Z", "endTime": "2026-06-01T00:00:02Z", "timeScale": 2}, 10_000)],
    ids=["at once", "by the clock"],
)
def test_a_run_has_as_many_children_at_a_time_as_its_plan_says(
    state: StackState, fields: JsonObject, at_a_time: int
) -> None:
    given = {"totalRecords": 2, "dryRun": True, "activities": {"enabled": False}} | fields
    simulation = Api(state, state.operator_token).run(**given)
    assert simulation["status"] == "SUCCEEDED"

    steps = aws_client(state, "stepfunctions")
    arn = state.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{simulation['simulationId']}"
    (children,) = steps.list_map_runs(executionArn=arn)["mapRuns"]
    assert steps.describe_map_run(mapRunArn=children["mapRunArn"])["maxConcurrency"] == at_a_time
