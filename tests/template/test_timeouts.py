"""States wait longer than what they wait for, and what outlasts them is tried again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from template.conftest import ROOT
from template.deployment import Deployment
from template.machine import DEFINITION, PLACEHOLDER, states

from simcrm.planning.time_mapping import MAX_EXECUTION, MAX_RUN, RESERVE

JsonObject = dict[str, Any]

MARGIN = 60
"""Seconds in which Lambda reports the end of a function that ran out of time, before its state does."""

DAY = 86_400
TABLE = {
    "PlanSimulation": (960, 900),
    "RunMessageBatches": (960, 900),
    "GenerateContacts": (960, 900),
    "GenerateActivities": (360, 300),
    "RecordBatchFailure": (960, 900),
    "FinishSimulation": (960, 900),
    "RecordFailure": (960, 900),
    "CancelMessageBatches": (960, 900),
    "Maintain": (360, 300),
    "Expire": (360, 300),
}
"""Seconds that each state waits, and that its function may run."""

TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times"}


def tasks() -> dict[str, JsonObject]:
    """The tasks of both machines by name, their placeholders as they are written."""
    found: dict[str, JsonObject] = {}
    for path in (DEFINITION, DEFINITION.with_name("maintenance.asl.json")):
        text = path.read_text().replace("${MapConcurrencySetting}", '"MaxConcurrency": 1')
        found |= {name: state for name, state in states(json.loads(text)) if state["Type"] == "Task"}
    return found


TASKS = tasks()
WRITES = {name: state for name, state in TASKS.items() if state["Resource"].endswith(".waitForTaskToken")}
LAMBDAS = {name: state for name, state in TASKS.items() if name not in WRITES}


def after_timeout(state: JsonObject) -> JsonObject:
    """The retrier that takes a state up again which nobody answered."""
    found: JsonObject = next(
        retrier for retrier in state["Retry"] if {"States.Timeout", "States.ALL"} & set(retrier["ErrorEquals"])
    )
    return found


def longest(state: JsonObject) -> timedelta:
    """How long a state takes at most, if all its attempts time out."""
    retrier = after_timeout(state)
    pauses = [retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number for number in range(retrier["MaxAttempts"])]
    return timedelta(seconds=(retrier["MaxAttempts"] + 1) * state["TimeoutSeconds"] + sum(pauses))


def test_states_wait_a_minute_longer_than_their_functions_may_run(default: Deployment) -> None:
    found = {}
    for name, state in LAMBDAS.items():
        (placeholder,) = PLACEHOLDER.findall(state["Parameters"]["FunctionName"])
        function = default.properties(placeholder.removesuffix("Arn"))
        found[name] = (state["TimeoutSeconds"], function["Timeout"])
    assert found == TABLE
    assert {name for name, (state, function) in found.items() if state < function + MARGIN} == set()


@pytest.mark.parametrize("name", TASKS)
def test_a_state_that_nobody_answered_is_tried_again(name: str) -> None:
    assert after_timeout(TASKS[name])["MaxAttempts"] >= 1


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_waited_for_a_day_and_more_than_once(name: str) -> None:
    assert WRITES[name]["TimeoutSeconds"] == DAY
    assert longest(WRITES[name]) > timedelta(days=2)


def test_the_last_step_of_a_run_ends_before_its_execution_does() -> None:
    last = ("GenerateActivities", "WriteActivities", "FinishSimulation")
    needed = sum((longest(TASKS[name]) for name in last), timedelta())
    assert needed <= RESERVE
    assert MAX_RUN + needed <= MAX_EXECUTION


def test_the_decision_says_what_the_definition_does() -> None:
    said = (ROOT / "docs" / "decisions" / "maximum-run-length.md").read_text()
    attempts = {after_timeout(state)["MaxAttempts"] + 1 for state in WRITES.values()}
    assert {state["TimeoutSeconds"] for state in WRITES.values()} == {DAY}
    assert [f"(a day, tried {TIMES[count]})" in said for count in attempts] == [True]
    assert f"later than {MAX_RUN.days} days after the start" in said
