"""Executions whose time passes at once: waits, time limits and pauses between tries move one clock.

The machine must do one thing at a time, because whoever waits moves the clock for all.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from template.machine_run import Executor, FailedError, Function, JsonObject, Script

from simcrm.writing.task_callbacks import ALREADY_ENDED

DAY = timedelta(days=1)
LOOK_SECONDS = 900
"""How long the writer leaves a message that it cannot write yet."""


class Clock:
    """The time of a test; ``each_day`` is called at each midnight that passes."""

    def __init__(self, begin: datetime, each_day: Callable[[], None] = lambda: None) -> None:
        self.now = begin
        self.each_day = each_day

    def sleep(self, seconds: float) -> None:
        end = self.now + timedelta(seconds=max(seconds, 0))
        while (midnight := self.now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY) <= end:
            self.now = midnight
            self.each_day()
        self.now = end


class PortalAwayError(Exception):
    """The portal does not answer: the message stays in the queue."""


def away_until(clock: Clock, back: datetime, answer: Any) -> Function:
    """A writer whose portal is away until a moment."""

    def write(_message: JsonObject) -> Any:
        if clock.now < back:
            raise PortalAwayError
        return answer

    return write


class TimedExecutor(Executor):
    """Runs executions by a clock; ``messages`` counts those that were sent to the writer."""

    deadline_seconds = 120.0

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
        super().__init__(monkeypatch)
        self.clock = clock
        self._script: Script | None = None
        self._queued: list[JsonObject] = []
        self.messages = 0
        now = type("Now", (datetime,), {"now": classmethod(lambda *_: clock.now.replace(tzinfo=None))})
        monkeypatch.setattr(timestamp, "datetime", SimpleNamespace(datetime=now))
        monkeypatch.setattr(WaitFunction, "_wait_interval", lambda *_, wait_seconds, **__: clock.sleep(wait_seconds))
        monkeypatch.setattr(
            StateTaskServiceCallback,
            "_wait_for_task_token_timeout",
            lambda _state, seconds, endpoint: self._answer_within(seconds, endpoint),
        )

    def _prepare(self, machine: Script) -> None:
        super()._prepare(machine)
        self._script = machine

        def pause(seconds: float) -> None:
            machine.pauses.append(seconds)
            self.clock.sleep(seconds)

        self._monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=pause))

    def _meanwhile(self, machine: Script) -> None:
        """Nothing happens while the clock stands still."""

    def _answer_within(self, seconds: int, endpoint: Any) -> Any:
        """What the writer answers to a task, None where it does not in time."""
        end = self.clock.now + timedelta(seconds=seconds)
        while True:
            self._deliver()
            left = (end - self.clock.now).total_seconds()
            if endpoint.get_outcome() is not None or left <= 0:
                return endpoint.get_outcome()
            self.clock.sleep(min(LOOK_SECONDS, left))

    def _deliver(self) -> None:
        """Let the writer look at all messages that are in the queue, those of tasks that are over too."""
        assert self._script is not None
        found = self.received()
        self.messages += len(found)
        self._queued += map(json.loads, found)
        self._queued = [message for message in self._queued if not self._is_answered(self._script, message)]

    def _is_answered(self, machine: Script, message: JsonObject) -> bool:
        try:
            self._answer(machine, message)
        except PortalAwayError:
            return False
        except ClientError as error:
            if error.response["Error"]["Code"] not in ALREADY_ENDED:
                raise
        return True

    def _answer(self, machine: Script, message: JsonObject) -> None:
        try:
            answer = machine.answer("write", message)
        except FailedError as failure:
            self.fail(message, failure)
        else:
            self.succeed(message, answer)
