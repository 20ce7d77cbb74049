"""What the state machine does when a message was given up, as the emulated Step Functions runs it."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from integration.driving import aws_client, wait_for
from integration.sample_events import ROOT

from simcrm_embedded.state import StackState

JsonObject = dict[str, Any]
DEFINITION = (ROOT / "statemachine" / "simulation.asl.json").read_text()
ROLE = "arn:aws:iam::000000000000:role/any"


@dataclass(frozen=True, slots=True)
class WriteStep:
    """An execution of the machine's state WriteContacts alone, with a queue that only the test reads."""

    states: Any
    sqs: Any
    queue: str
    execution: str

    def message(self) -> JsonObject:
        """The next message, which no writer will see."""
        found: list[JsonObject] = []

        def look() -> bool:
            for item in self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=item["ReceiptHandle"])
                found.append(json.loads(item["Body"]))
            return bool(found)

        wait_for(look)
        return found[0]

    def end(self) -> JsonObject:
        """The execution when it has ended."""
        wait_for(lambda: self._described()["status"] != "RUNNING")
        return self._described()

    def _described(self) -> JsonObject:
        described: JsonObject = self.states.describe_execution(executionArn=self.execution)
        return described


@pytest.fixture
def step(state: StackState) -> Iterator[WriteStep]:
    states, sqs, name = aws_client(state, "stepfunctions"), aws_client(state, "sqs"), f"write-{secrets.token_hex(4)}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    machine = states.create_state_machine(name=name, definition=json.dumps(_write_alone(queue)), roleArn=ROLE)
    payload = {"simulationId": "redelivery", "item": {"batch": 4}, "contacts": {"source": "records/000004.jsonl"}}
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(payload))
    yield WriteStep(states, sqs, queue, started["executionArn"])
    states.delete_state_machine(stateMachineArn=machine["stateMachineArn"])
    sqs.delete_queue(QueueUrl=queue)


def _write_alone(queue: str) -> JsonObject:
    document = json.loads(
        DEFINITION.replace("${WriteQueueUrl}", queue)
        .replace("${Partition}", "aws")
        .replace("${MapConcurrencySetting}", '"MaxConcurrency": 1')
    )
    state = document["States"]["RunBatches"]["ItemProcessor"]["States"]["WriteContacts"]
    del state["Next"], state["Catch"]
    return {"StartAt": "Write", "States": {"Write": {**state, "End": True}}}


def test_a_message_that_was_given_up_is_sent_again(step: WriteStep) -> None:
    first = step.message()
    step.states.send_task_failure(taskToken=first["taskToken"], error="Undelivered", cause="no writer settled it")
    second = step.message()
    step.states.send_task_success(taskToken=second["taskToken"], output='{"written": 2, "refused": 0}')
    # AWS gives the second attempt a token of its own, the emulator does not.
    assert {**first, "taskToken": ""} == {**second, "taskToken": ""}
    assert step.end()["status"] == "SUCCEEDED"


def test_a_refusal_of_the_portal_is_no_reason_to_send_again(step: WriteStep) -> None:
    message = step.message()
    step.states.send_task_failure(taskToken=message["taskToken"], error="PORTAL_REFUSED", cause="no scope")
    ended = step.end()
    assert (ended["status"], ended["error"]) == ("FAILED", "PORTAL_REFUSED")
