import json
from datetime import timedelta
from typing import Any

import pytest
from builders import START, entry, status
from recorders import LogLines

from simcrm.cache.metrics import Metrics
from simcrm.finishing import finish_simulation, forget_stop, note_stop
from simcrm.models.objects import ObjectType
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger, Outcome
from simcrm.storage.status import Failure, State, Status, read_status, write_status

END = START + timedelta(minutes=5)
STOP = Failure(code="PORTAL_REFUSED", message="Put a token and resume.")


def finish(artifacts: Artifacts, metrics: Metrics, failure: dict[str, Any] | None = None) -> Status:
    return finish_simulation(artifacts, metrics, START, END, failure)


def lambda_error(kind: str, message: str) -> dict[str, Any]:
    """What Step Functions catches from a function."""
    return {"Error": kind, "Cause": json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": ["..."]})}


@pytest.fixture
def settled(artifacts: Artifacts) -> Artifacts:
    """A planned run whose ledger holds three contacts, one of them refused, and a company that batches share."""
    write_status(artifacts, status())
    ledger = Ledger(artifacts)
    ledger.settle(0, "contacts", [entry(ObjectType.COMPANIES), entry(index=0), entry(index=1)])
    ledger.settle(1, "contacts", [entry(ObjectType.COMPANIES), entry(index=2, outcome=Outcome.REFUSED)])
    return artifacts


def test_a_run_ends_with_what_the_ledger_holds(settled: Artifacts, metrics: Metrics) -> None:
    metrics.add({"hubspot_calls": 12})

    ended = finish(settled, metrics)

    assert (ended.status, ended.planned, ended.failed, ended.hubspot_calls) == (State.SUCCEEDED, 3, 1, 12)
    assert ended.counts == dict.fromkeys(ObjectType, 0) | {ObjectType.CONTACTS: 2, ObjectType.COMPANIES: 1}
    assert (ended.started_at, ended.ended_at, ended.error) == (START, END, None)


def test_the_end_is_recorded(settled: Artifacts, metrics: Metrics) -> None:
    assert finish(settled, metrics) == read_status(settled)


def test_counters_are_corrected_by_the_ledger(settled: Artifacts, metrics: Metrics) -> None:
    metrics.add({"contacts_created": 99, "records_settled": 5})

    finish(settled, metrics)

    counted = metrics.read()
    assert (counted["contacts_created"], counted["companies_created"]) == ("2", "1")
    assert (counted["records_refused"], counted["records_settled"]) == ("1", "6")


def test_without_a_cache_a_run_ends_all_the_same(settled: Artifacts) -> None:
    ended = finish(settled, Metrics(None, "sim-test"))

    assert (ended.status, ended.hubspot_calls) == (State.SUCCEEDED, 0)
    assert ended.counts is not None
    assert ended.counts[ObjectType.CONTACTS] == 2


def test_finishing_twice_changes_nothing(settled: Artifacts, metrics: Metrics) -> None:
    assert finish(settled, metrics) == finish(settled, metrics)


def test_a_failed_run_is_counted_too(settled: Artifacts, metrics: Metrics) -> None:
    ended = finish(settled, metrics, lambda_error("PortalRefusedError", "Portal 7 is a production portal"))

    assert ended.status is State.FAILED
    assert ended.counts is not None
    assert ended.counts[ObjectType.CONTACTS] == 2
    assert ended.error == Failure(code="PORTAL_REFUSED", message="Portal 7 is a production portal")


def test_a_run_that_failed_in_its_plan_has_planned_nothing(artifacts: Artifacts, metrics: Metrics) -> None:
    ended = finish(artifacts, metrics, lambda_error("InvalidSimulationError", "totalRecords: input should be ..."))

    assert (ended.planned, ended.counts) == (0, dict.fromkeys(ObjectType, 0))
    assert ended.error == Failure(code="VALIDATION_ERROR", message="totalRecords: input should be ...")


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        ({"Error": "States.Timeout", "Cause": ""}, "Timeout", "Timeout"),
        ({"Error": "States.Timeout"}, "Timeout", "Timeout"),
        ({"Error": "Undelivered", "Cause": "given up"}, "Undelivered", "given up"),
        ({"Error": "Odd", "Cause": "[1]"}, "Odd", "[1]"),
        ({"Error": "Odd", "Cause": '"text"'}, "Odd", '"text"'),
        ({"Error": "Odd", "Cause": '{"else": 1}'}, "Odd", '{"else": 1}'),
        ({}, "Unknown", "Unknown"),
    ],
)
def test_a_failure_of_any_shape_has_a_code_and_a_message(
    artifacts: Artifacts, metrics: Metrics, failure: dict[str, Any], code: str, message: str
) -> None:
    assert finish(artifacts, metrics, failure).error == Failure(code=code, message=message)


def test_the_reason_that_stopped_the_run_is_told_rather_than_what_it_led_to(
    settled: Artifacts, metrics: Metrics
) -> None:
    note_stop(settled, STOP)

    failure = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "The map tolerates 5 %."}

    assert finish(settled, metrics, failure).error == STOP


def test_a_stop_that_was_mended_does_not_fail_a_run_that_succeeded(settled: Artifacts, metrics: Metrics) -> None:
    note_stop(settled, STOP)

    assert finish(settled, metrics).error is None


def test_the_end_is_logged_by_its_code(settled: Artifacts, metrics: Metrics, log_lines: LogLines) -> None:
    finish(settled, metrics, {"Error": "States.Timeout"})

    (line,) = log_lines.of("SIMULATION_FINISHED")
    assert (line["simulationId"], line["status"], line["error"]) == ("sim-test", "FAILED", "Timeout")


def test_the_end_of_a_resumed_run_is_that_of_its_attempt(settled: Artifacts, metrics: Metrics) -> None:
    write_status(settled, status(attempt=3))
    note_stop(settled, STOP)
    forget_stop(settled)

    ended = finish_simulation(settled, metrics, START + timedelta(days=1), END, {"Error": "Other", "Cause": "another"})

    assert (ended.attempt, ended.started_at) == (3, START)
    assert ended.error == Failure(code="Other", message="another")
