"""The condition and the work of an existing stack, checked before anything replaces it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from simcrm_embedded import processes
from simcrm_embedded.deployment import aws_client, is_healthy
from simcrm_embedded.polling import Pause
from simcrm_embedded.state import StackState

HEALTH_TRIES = 4
HEALTH_PAUSE_SECONDS = 1.0
_PATIENT = {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 4}}


class StackCondition(StrEnum):
    """Condition of a whole stack: it responds, all of it runs but does not respond, or a part of it is gone."""

    ANSWERS = "answers"
    SILENT = "silent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class StackWork:
    """Executions of a stack: names of those running, and the total number."""

    running: tuple[str, ...]
    total: int


def check_condition(state: StackState, pause: Pause) -> StackCondition:
    """Check several times before calling a running stack silent, because one slow response proves nothing."""
    for attempt in range(HEALTH_TRIES):
        if not state.api_url or not all(map(processes.is_running, state.processes)):
            return StackCondition.DEAD
        if attempt:
            pause(HEALTH_PAUSE_SECONDS)
        if is_healthy(state.api_url):
            return StackCondition.ANSWERS
    return StackCondition.SILENT


def read_work(state: StackState) -> StackWork | None:
    """Return the running and past executions of the stack's state machines; None if the emulator does not respond."""
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
