"""The machine that takes simulations back: bounded steps, patient with the portal, ending only when all is done."""

import json
from typing import Any

import pytest
from template.conftest import ROOT
from template.deployment import Deployment

from simcrm.jobs.action import EXPIRE, JobKind

MACHINE: dict[str, Any] = json.loads((ROOT / "statemachine" / "maintenance.asl.json").read_text())
STATES: dict[str, Any] = MACHINE["States"]
DAY = 86_400


def test_it_goes_round_until_the_function_says_that_it_is_done() -> None:
    choice = STATES[STATES["Maintain"]["Next"]]
    (done,) = choice["Choices"]
    assert (done["Variable"], done["BooleanEquals"], STATES[done["Next"]]["Type"]) == ("$.done", True, "Succeed")
    assert choice["Default"] == "Maintain"


@pytest.mark.parametrize("error", ["PortalUnavailableError", "UnknownWriteOutcomeError", "Sandbox.Timedout"])
def test_an_outage_of_the_portal_is_waited_for(error: str) -> None:
    (retry,) = [retrier for retrier in STATES["Maintain"]["Retry"] if error in retrier["ErrorEquals"]]
    waits = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"])
        for n in range(retry["MaxAttempts"])
    ]
    assert "PortalAccessError" not in retry["ErrorEquals"]
    assert 3 * 3600 < sum(waits) < DAY


def test_a_walk_over_old_data_goes_round_from_where_it_was_until_the_function_says_that_it_is_done() -> None:
    walk = STATES["Expire"]
    assert {"Variable": "$.action", "StringEquals": EXPIRE, "Next": "Expire"} in STATES[MACHINE["StartAt"]]["Choices"]
    assert walk["Parameters"]["Payload"] == {"execution.$": "$$.Execution.Id", "after.$": "$.after"}
    choice = STATES[walk["Next"]]
    (done,) = choice["Choices"]
    assert (done["Variable"], done["BooleanEquals"], STATES[done["Next"]]["Type"]) == ("$.done", True, "Succeed")
    assert (walk["OutputPath"], choice["Default"]) == ("$.Payload", "Expire")


def test_its_placeholders_are_its_functions_and_the_partition(default: Deployment) -> None:
    filled = default.properties("MaintenanceStateMachine")["DefinitionSubstitutions"]
    assert filled == {
        "BatchWordsFunctionArn": "<BatchWordsFunction.Arn>",
        "MaintainSimulationFunctionArn": "<MaintainSimulationFunction.Arn>",
        "ExpireSimulationsFunctionArn": "<ExpireSimulationsFunction.Arn>",
        "Partition": "aws",
    }


def test_an_abort_cancels_its_words_first_and_settles_the_ledger_whatever_comes_of_it() -> None:
    choice = STATES[MACHINE["StartAt"]]["Choices"][0]
    cancel = STATES[choice["Next"]]

    assert (choice["Variable"], choice["StringEquals"], STATES[MACHINE["StartAt"]]["Default"]) == (
        "$.action",
        JobKind.ABORT,
        "Maintain",
    )
    assert cancel["Parameters"] == {
        "FunctionName": "${BatchWordsFunctionArn}",
        "Payload": {"simulationId.$": "$.simulationId", "cancel": True},
    }
    assert cancel["ResultPath"] is None
    assert [(catch["ErrorEquals"], catch["ResultPath"], catch["Next"]) for catch in cancel["Catch"]] == [
        (["States.ALL"], None, "Maintain")
    ]
    assert cancel["Next"] == "Maintain"
