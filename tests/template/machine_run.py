"""Executions of the state machine in this process: moto runs it, functions and writer are scripted.

moto reads batches as JSON only and waits out every retry; both are changed here and nothing else.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from template.machine import VALUES, definition

JsonObject = dict[str, Any]
Function = Callable[[JsonObject], Any]

PAST = "2020-01-01T00:00:00.000Z"
BATCHES_KEY = "simulations/run/batches.jsonl"


class FailedError(Exception):
    """What a function or the writer ends with instead of an answer."""

    def __init__(self, error: str, message: str = "no reason given") -> None:
        super().__init__(message)
        self.error = error
        self.message = message


@dataclass(slots=True)
class Script:
    """What functions and writer answer, and what they were asked; ``steps`` are names in the order of their calls."""

    functions: dict[str, Function]
    writer: Function
    calls: list[tuple[str, JsonObject]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    @property
    def steps(self) -> list[str]:
        return [name for name, _ in self.calls]

    def asked(self, name: str) -> list[JsonObject]:
        """What a function, or ``write`` for the writer, was asked, in order."""
        return [payload for called, payload in self.calls if called == name]

    def answer(self, name: str, payload: JsonObject) -> Any:
        self.calls.append((name, payload))
        return (self.writer if name == "write" else self.functions[name])(payload)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an execution ended."""

    status: str
    output: Any
    error: str | None
    cause: str | None


def succeed_after(*errors: str, answer: Any) -> Function:
    """A function that first fails with each of these errors."""
    left = list(errors)

    def function(_payload: JsonObject) -> Any:
        if left:
            raise FailedError(left.pop(0))
        return answer

    return function


def fail(error: str, message: str = "no reason given") -> Function:
    """A function that never succeeds."""

    def function(_payload: JsonObject) -> Any:
        raise FailedError(error, message)

    return function


def batch(number: int, due_at: str = PAST) -> JsonObject:
    """A line of ``batches.jsonl``."""
    return {"batch": number, "dueAt": due_at, "firstIndex": 100 * number, "count": 100}


def wave(number: int, due_at: str = PAST) -> JsonObject:
    """A wave as generate-contact announces it."""
    return {"wave": number, "dueAt": due_at, "count": 5}


def script(waves: int = 1, **answers: Function) -> Script:
    """Functions and a writer that all succeed, but for the ones given."""
    usual: dict[str, Function] = {
        "plan": lambda payload: {
            "simulationId": payload["simulationId"],
            "attempt": 1,
            "batchesKey": BATCHES_KEY,
            "sideBySide": 40,
            "words": "SYNC",
        },
        "words": lambda _payload: {"done": True, "waitSeconds": 0},
        "contacts": lambda payload: {
            "source": f"records/{payload['batch']['batch']:06d}.jsonl",
            "count": payload["batch"]["count"],
            "waves": [wave(number) for number in range(waves)],
        },
        "activities": lambda payload: {
            "source": f"activities/{payload['batch']['batch']:06d}/{payload['wave']:03d}.jsonl",
            "step": f"wave-{payload['wave']:03d}",
            "count": 5,
        },
        "finish": _finished,
    }
    writer = answers.pop("write", lambda _message: {"written": 200, "refused": 0})
    return Script(usual | answers, writer)


def _finished(payload: JsonObject) -> JsonObject:
    """What finish-simulation answers to a batch that failed, to a run that failed, and to one that came to its end."""
    failure = payload.get("failed", payload).get("failure")
    if failure is None:
        return {"status": "SUCCEEDED", "error": None}
    return {"status": "FAILED", "error": {"code": failure["Error"], "message": "recorded"}}


@contextmanager
def account(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An account in this process in which executions run."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    caplog.set_level(logging.CRITICAL)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}):
        yield


class Executor:
    """Runs executions in the account that moto keeps at this moment."""

    deadline_seconds = 20.0

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._s3, self._sqs, self._states = boto3.client("s3"), boto3.client("sqs"), boto3.client("stepfunctions")
        self._s3.create_bucket(Bucket=VALUES["BucketName"])
        self._queue = self._sqs.create_queue(QueueName="write")["QueueUrl"]

    def simulation(self, machine: Script, batches: list[JsonObject] | None) -> Ended:
        """Run a whole simulation; without ``batches`` there is no file of them."""
        if batches is not None:
            body = json.dumps(batches).encode()
            self._s3.put_object(Bucket=VALUES["BucketName"], Key=BATCHES_KEY, Body=body)
        document = self._definition()
        document["States"]["RunBatches"]["ItemReader"]["ReaderConfig"]["InputType"] = "JSON"
        return self._execute(machine, document, {"totalRecords": 300})

    def batch(self, machine: Script) -> Ended:
        """Run what the map runs for a batch as an execution of its own, which moto's map does not show."""
        document = self._definition()["States"]["RunBatches"]["ItemProcessor"]
        del document["ProcessorConfig"]
        return self._execute(machine, document, {"simulationId": "run", "attempt": 1, "item": batch(0)})

    def _definition(self) -> JsonObject:
        return definition({**VALUES, "WriteQueueUrl": self._queue})

    def _execute(self, machine: Script, document: JsonObject, payload: JsonObject) -> Ended:
        self._prepare(machine)
        created = self._states.create_state_machine(
            name="simulation", definition=json.dumps(document), roleArn="arn:aws:iam::123456789012:role/any"
        )
        started = self._states.start_execution(
            stateMachineArn=created["stateMachineArn"], name="run", input=json.dumps(payload)
        )
        return self._ended(started["executionArn"], machine)

    def _prepare(self, machine: Script) -> None:
        self._monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=machine.pauses.append))
        self._monkeypatch.setattr(LambdaSimpleBackend, "invoke", _invocation(machine))

    def _ended(self, arn: str, machine: Script) -> Ended:
        deadline = time.monotonic() + self.deadline_seconds
        while (found := self._states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, "the execution does not end"
            self._meanwhile(machine)
            time.sleep(0.02)
        output = json.loads(found["output"]) if found.get("output") else None
        return Ended(found["status"], output, found.get("error"), found.get("cause"))

    def _meanwhile(self, machine: Script) -> None:
        """Write what the machine has asked for."""
        for body in map(json.loads, self.received()):
            try:
                self.succeed(body, machine.answer("write", body))
            except FailedError as failure:
                self.fail(body, failure)

    def received(self) -> list[str]:
        """The bodies of messages that were sent to the writer; they are not in the queue any more."""
        found = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def succeed(self, message: JsonObject, answer: Any) -> None:
        """Answer the task of a message."""
        self._states.send_task_success(taskToken=message["taskToken"], output=json.dumps(answer))

    def fail(self, message: JsonObject, failure: FailedError) -> None:
        """Fail the task of a message."""
        self._states.send_task_failure(taskToken=message["taskToken"], error=failure.error, cause=failure.message)


def _invocation(machine: Script) -> Callable[..., bytes]:
    """What moto calls in place of a function's container."""
    one_at_a_time = threading.Lock()

    def invoke(
        _backend: object, function_name: str, _qualifier: str, body: Any, _headers: object, response_headers: Any
    ) -> bytes:
        with one_at_a_time:
            try:
                answer: Mapping[str, Any] = machine.answer(function_name.rsplit(":", 1)[1], json.loads(body))
            except FailedError as failure:
                response_headers["x-amz-function-error"] = "Unhandled"
                answer = {"errorType": failure.error, "errorMessage": failure.message}
        return json.dumps(answer).encode()

    return invoke
