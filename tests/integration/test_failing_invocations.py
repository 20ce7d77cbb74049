"""What Lambda's runtime prints of each function that fails, as the template configures it: no value of any input."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from integration.driving import aws_client
from integration.sample_events import EVENTS, ROOT

from simcrm_embedded.project import Project
from simcrm_embedded.runtime_emulator import deployed_functions, run_function
from simcrm_embedded.state import StackState

MARKER = "Erika-Mustermann-0815"
STORED = "simulation-of-marked-data"
AS_THE_TEMPLATE_HAS_IT = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
"""Level and form of the functions' logs (``LoggingConfig``)."""

STARTED = "2026-11-22T12:00:00.000Z"
BATCH = {"batch": 0, "dueAt": MARKER, "firstIndex": 0, "count": 1}
MESSAGE = {"messageId": "1", "receiptHandle": "1", "body": MARKER}
FAILING: dict[str, tuple[dict[str, Any], str]] = {
    "api": ({"path": [MARKER], "body": MARKER, "httpMethod": "POST"}, "AttributeError"),
    "authorize-request": ({"headers": {"Authorization": f"Bearer {MARKER}"}, "methodArn": "a/b"}, "ValidationError"),
    "run-message-batches": ({"simulationId": STORED}, "ValidationError"),
    "expire-simulations": ({"execution": MARKER, MARKER: MARKER}, "KeyError"),
    "handle-dead-letters": ({"Records": [{"body": MARKER, MARKER: MARKER}]}, "KeyError"),
    "finish-simulation": ({"simulationId": STORED, "startedAt": MARKER}, "ValueError"),
    "generate-activity": ({"simulationId": STORED, "batch": BATCH, "wave": 0}, "ValueError"),
    "generate-contact": ({"simulationId": STORED, "batch": BATCH}, "ValueError"),
    "run-maintenance-job": ({"simulationId": STORED, "action": MARKER, "job": "1"}, "ValueError"),
    "plan-simulation": (
        {"simulationId": "none", "startedAt": STARTED, "input": {"totalRecords": 1, "scenario": MARKER}},
        "InvalidSimulationError",
    ),
    "write-hubspot": (
        {"Records": [{**MESSAGE, "attributes": {"ApproximateReceiveCount": MARKER}}]},
        "ValueError",
    ),
}
"""By function an event on which it fails, and the error; two fail on what is stored."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What an invocation answered, and all that its process printed."""

    answer: Any
    printed: str


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def marked(state: StackState) -> str:
    """A plan that is none, and a secret that is none, each with the marker; returns the secret's address."""
    storage, bucket = aws_client(state, "s3"), state.outputs["BucketName"]
    row = {"batch": 0, "dueAt": STARTED, "firstIndex": 0, "count": 1}
    stored = {"batches.jsonl": json.dumps(row), "plan.json": json.dumps({"seed": [MARKER], "input": MARKER})}
    for name, text in stored.items():
        storage.put_object(Bucket=bucket, Key=f"simulations/{STORED}/{name}", Body=text.encode())
    client, document = aws_client(state, "secretsmanager"), json.dumps({"operatorToken": [MARKER]})
    try:
        arn: str = client.create_secret(Name="marked", SecretString=document)["ARN"]
    except client.exceptions.ResourceExistsException:
        arn = client.put_secret_value(SecretId="marked", SecretString=document)["ARN"]
    return arn


@pytest.fixture
def run(project: Project, state: StackState) -> Run:
    """Invoke a function once in a process of its own."""
    functions = deployed_functions(state)

    def invoke(folder: str, event: Any, **overrides: str) -> Ended:
        settings = {**AS_THE_TEMPLATE_HAS_IT, **overrides}
        with run_function(project, state, functions[folder], settings, os.environ) as runtime:
            answer = runtime.invoke(json.dumps(event).encode())
        return Ended(answer, (project.logs / f"function-{folder}.log").read_text())

    return invoke


def test_each_function_has_an_event_on_which_it_fails() -> None:
    assert set(FAILING) == {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}


@pytest.mark.parametrize("folder", sorted(FAILING))
def test_a_function_that_fails_prints_no_value_of_its_input(folder: str, run: Run, marked: str) -> None:
    event, error = FAILING[folder]

    ended = run(folder, event, **({"SECRET_ARN": marked} if folder == "authorize-request" else {}))

    assert ended.answer["errorType"] == error
    assert "FUNCTION_FAILED" in ended.printed
    assert f'"errorType": "{error}"' in ended.printed  # the runtime's own line
    assert MARKER not in ended.printed
    assert MARKER not in json.dumps(ended.answer)


def test_libraries_print_no_line_for_their_calls(run: Run) -> None:
    event = json.loads((EVENTS / "plan-simulation" / "b2b.json").read_text())

    ended = run("plan-simulation", event)

    assert "PLAN_READY" in ended.printed
    assert "errorType" not in ended.answer
    assert [word for word in ("HTTP Request", "httpx2", "botocore", "credentials") if word in ended.printed] == []
