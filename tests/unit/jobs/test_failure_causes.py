import json
from typing import Any

import pytest

from simcrm.jobs.failure_causes import failed_batches, first_failure, parse_cause, record_batch_failure
from simcrm.storage.run_status import RunFailure
from simcrm.storage.simulation_files import SimulationFiles


def lambda_error(kind: str, message: str) -> dict[str, Any]:
    """What Step Functions catches from a function."""
    return {"Error": kind, "Cause": json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": ["..."]})}


@pytest.mark.parametrize(
    ("caught", "code", "message"),
    [
        (lambda_error("InvalidSimulationError", "totalRecords: is missing"), "VALIDATION_ERROR", "totalRecords: is"),
        (lambda_error("TokenRefusedError", "put a token"), "PORTAL_REFUSED", "put a token"),
        ({"Error": "PORTAL_REFUSED", "Cause": "put a token"}, "PORTAL_REFUSED", "put a token"),
        (lambda_error("Runtime.ExitError", "signal: killed"), "FUNCTION_DIED", "before it could answer (signal: kill"),
        ({"Error": "Sandbox.Timedout", "Cause": ""}, "FUNCTION_DIED", "before it could answer"),
        (lambda_error("KeyError", "'batch'"), "FUNCTION_FAILED", "a function failed by KeyError: 'batch'"),
        (lambda_error("Runtime.HandlerError", "'batch'"), "FUNCTION_FAILED", "a function failed: 'batch'"),
        ({"Error": "States.Timeout"}, "TIMED_OUT", "step timed out"),
        ({"Error": "States.Timeout", "Cause": ""}, "TIMED_OUT", "step timed out"),
        ({"Error": "Undelivered", "Cause": "a writer died"}, "UNDELIVERED", "given up: a writer died"),
        ({"Error": "States.ExceedToleratedFailureThreshold", "Cause": "exceeded"}, "BATCHES_FAILED", "Too many"),
        ({"Error": "States.TaskFailed", "Cause": "who knows"}, "STEP_FAILED", "A step failed: who knows"),
        ({"Error": "Odd", "Cause": "[1]"}, "FUNCTION_FAILED", "a function failed by Odd: [1]"),
        ({"Error": "Odd", "Cause": '{"else": 1}'}, "FUNCTION_FAILED", "a function failed by Odd"),
        ({}, "STEP_FAILED", "A step failed"),
    ],
)
def test_a_cause_has_a_stable_code_and_a_sentence(caught: dict[str, Any], code: str, message: str) -> None:
    found = parse_cause(caught)

    assert found.code == code
    assert message in found.message
    assert "States." not in found.message


def test_what_others_say_is_cut_and_holds_no_key() -> None:
    found = parse_cause(lambda_error("KeyError", f"Bearer abcdefghijkl {'x' * 5_000}"))

    assert "abcdefghijkl" not in found.message
    assert len(found.message) < 1_000


def failed_input(batch: int, error: str, **known: Any) -> dict[str, Any]:
    """What the states of a batch know when it fails."""
    return {"item": {"batch": batch}, "failure": {"Error": "PORTAL_BUSY", "Cause": error}, **known}


@pytest.mark.parametrize(
    ("known", "step"),
    [
        ({}, "its contacts were being generated"),
        ({"contacts": {}}, "its contacts were being written"),
        ({"contacts": {}, "written": {}}, "its activities were being generated"),
    ],
)
def test_a_failure_says_of_which_batch_and_at_which_step(
    files: SimulationFiles, known: dict[str, Any], step: str
) -> None:
    noted = record_batch_failure(files, 1, failed_input(7, "away", **known))

    assert noted == RunFailure(code="PORTAL_BUSY", message=f"Batch 7 failed while {step}: away")


def test_the_first_failure_of_an_attempt_is_its_cause(files: SimulationFiles) -> None:
    for batch, error in ((7, "first"), (7, "again"), (3, "second")):
        record_batch_failure(files, 2, failed_input(batch, error))

    found = first_failure(files, 2)
    assert set(failed_batches(files, 2)) == {3, 7}
    assert found is not None
    assert found.message.endswith(("first", "second"))
    assert first_failure(files, 1) is None


def test_a_cause_that_an_earlier_release_left_is_understood() -> None:
    document = json.dumps({"errorType": "PortalRefusedError", "errorMessage": "The token lacks a scope."})

    found = parse_cause({"Error": "PortalRefusedError", "Cause": document})

    assert (found.code, found.message) == ("PORTAL_REFUSED", "The token lacks a scope.")
