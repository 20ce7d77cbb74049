"""What a stack that is there is good for and busy with, asked before anything replaces it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from simcrm_embedded import processes
from simcrm_embedded.deploy import aws_client, is_healthy
from simcrm_embedded.polling import Pause
from simcrm_embedded.state import StackState

HEALTH_TRIES = 4
HEALTH_PAUSE_SECONDS = 1.0
_PATIENT = {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 4}}


class StackCondition(StrEnum):
    """Of a stack as a whole: it answers, all of it runs without an answer, or a part of it is gone."""

    ANSWERS = "answers"
    SILENT = "silent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class StackWork:
    """The executions that a stack holds: names of those that run, and how many there are in all."""

    running: tuple[str, ...]
    total: int


def check_condition(state: StackState, pause: Pause) -> StackCondition:
    """Ask several times before a stack whose processes run is said to be silent: one slow answer says nothing."""
    for attempt in range(HEALTH_TRIES):
        if not state.api_url or not all(map(processes.is_running, state.processes)):
            return StackCondition.DEAD
        if attempt:
            pause(HEALTH_PAUSE_SECONDS)
        if is_healthy(state.api_url):
            return StackCondition.ANSWERS
    return StackCondition.SILENT


def read_work(state: StackState) -> StackWork | None:
    """What the stack's state machines run and have run; nothing where the emulator cannot be asked."""
    try:
        executions = list(_executions(state))
    except (BotoCoreError, ClientError):
        return None
    return StackWork(tuple(item["name"] for item in executions if item["status"] == "RUNNING"), len(executions))


def _executions(state: StackState) -> Iterator[dict[str, Any]]:
    client = aws_client(state, "stepfunctions", **_PATIENT)
    for machine in client.list_state_machines()["stateMachines"]:
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine["stateMachineArn"])
        for page in pages:
            yield from page["executions"]
