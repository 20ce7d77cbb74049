"""Every sample event, sent to the built function under Lambda's runtime emulator."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from integration.driving import PortalDriver, aws_client
from integration.sample_events import EVENTS, EXPECTED, ROOT, SampleEvent, sample_events, select_like
from template_resources import template

from simcrm_embedded.project import Project
from simcrm_embedded.runtime_emulator import Runtime, deployed_functions, run_function
from simcrm_embedded.state import StackState

Send = Callable[[SampleEvent], Any]

TOKENS = {"operatorToken": "sample-operator-token", "bossToken": "sample-boss-token", "anthropicApiKey": ""}
WHOLE_RUN = (
    "plan-simulation/b2b",
    "generate-contact/batch",
    "write-hubspot/contacts",
    "generate-activity/wave",
    "write-hubspot/wave",
    "plan-simulation/b2c",
)
"""What must have happened before single events of it can be sent in any order."""

EXECUTION = {"totalRecords": 1, "dryRun": True, "timeScale": 0, "activities": {"enabled": False}}


@pytest.fixture(scope="session")
def secret(state: StackState) -> str:
    """A secret with the tokens that the sample events hold."""
    client = aws_client(state, "secretsmanager")
    document = json.dumps({**TOKENS, "hubspotToken": state.hubspot_token})
    try:
        arn: str = client.create_secret(Name="sample-events", SecretString=document)["ARN"]
    except client.exceptions.ResourceExistsException:
        arn = client.put_secret_value(SecretId="sample-events", SecretString=document)["ARN"]
    return arn


@pytest.fixture(scope="session")
def send_only(project: Project, state: StackState, secret: str) -> Iterator[Send]:
    """Send an event to its function, which is started at its first event and kept warm."""
    functions = deployed_functions(state)
    runtimes: dict[str, Runtime] = {}
    with ExitStack() as open_runtimes:

        def send(event: SampleEvent) -> Any:
            if event.function not in runtimes:
                overrides = {"SECRET_ARN": secret}
                runtime = run_function(project, state, functions[event.function], overrides, os.environ)
                runtimes[event.function] = open_runtimes.enter_context(runtime)
            return runtimes[event.function].invoke(event.path.read_bytes())

        yield send


@pytest.fixture(scope="session")
def send(state: StackState, send_only: Send) -> Send:
    """As ``send_only``, when the simulations that the events speak of exist."""
    for name in WHOLE_RUN:
        send_only(SampleEvent(EVENTS / f"{name}.json"))
    client, machine = aws_client(state, "stepfunctions"), state.outputs["StateMachineArn"]
    with suppress(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=machine, name="sample-api", input=json.dumps(EXECUTION))
    return send_only


def test_every_function_has_sample_events() -> None:
    functions = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}
    assert {event.function for event in sample_events()} == functions


def test_every_event_says_what_is_answered_and_nothing_else_does() -> None:
    described = set(EVENTS.glob(f"*/*{EXPECTED}"))
    assert {event.expected_path for event in sample_events()} == described


def test_every_route_of_the_api_has_an_event() -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for event in template()["Resources"]["ApiFunction"]["Properties"]["Events"].values()
    }
    events = [event.document() for event in sample_events() if event.function == "api"]
    assert {(event["httpMethod"], event["resource"]) for event in events} == routes


@pytest.mark.parametrize("event", sample_events(), ids=lambda event: event.name)
def test_an_event_is_answered_as_described(event: SampleEvent, send: Send) -> None:
    assert select_like(event.expected, send(event)) == event.expected


def test_an_event_sent_twice_is_answered_the_same(send: Send) -> None:
    event = SampleEvent(EVENTS / "generate-contact" / "batch.json")
    assert send(event) == send(event)


def test_the_write_events_fill_the_portal_once(state: StackState, send: Send) -> None:
    for name in ("contacts", "contacts", "wave"):
        send(SampleEvent(EVENTS / "write-hubspot" / f"{name}.json"))
    assert len(PortalDriver(state).simulation_records("contacts", "sample-b2b")) == 10


def test_a_malformed_message_is_kept_with_its_reason(state: StackState, send: Send) -> None:
    event = SampleEvent(EVENTS / "handle-dead-letters" / "malformed.json")
    send(event)
    message = event.document()["Records"][0]
    client, bucket = aws_client(state, "s3"), state.outputs["BucketName"]
    listed = client.list_objects_v2(Bucket=bucket, Prefix="dead-letters/")["Contents"]
    key = next(item["Key"] for item in listed if message["messageId"] in item["Key"])
    letter = json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert (letter["body"], letter["reason"]) == (message["body"], "message: Invalid JSON")


def test_no_token_is_in_a_log_of_a_function(project: Project, state: StackState, send: Send) -> None:
    for name in ("authorize-request/operator", "authorize-request/unknown", "plan-simulation/b2b", "api/health"):
        send(SampleEvent(EVENTS / f"{name}.json"))
    logs = "".join(path.read_text() for path in project.logs.glob("function-*.log"))
    assert "INVOKE START" in logs
    assert [token for token in (*TOKENS.values(), state.hubspot_token) if token and token in logs] == []
