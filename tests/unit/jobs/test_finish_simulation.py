import json
from datetime import timedelta
from typing import Any

import pytest
from builders import START, batch, entry, plan, status
from recorders import LogLines

from simcrm.cache.run_counters import Metrics
from simcrm.core import cloudwatch_metrics
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.jobs.failure_causes import note_batch_failure
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.jobs.settle_abort import planned_keys
from simcrm.jobs.unfinished_batches import has_gaps
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import Abort, write_abort
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, Outcome
from simcrm.storage.run_status import Failure, State, Status, forget_stop, note_stop, read_status, write_status
from simcrm.storage.simulation_files import Artifacts

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

    assert (ended.status, ended.planned, ended.failed, ended.hubspot_calls) == (State.PARTIAL, 3, 1, 12)
    assert ended.counts == dict.fromkeys(ObjectType, 0) | {ObjectType.CONTACTS: 2, ObjectType.COMPANIES: 1}
    assert (ended.started_at, ended.ended_at, ended.missing) == (START, END, 0)
    assert ended.error is not None
    assert "1 of 4 objects were refused" in ended.error.message


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

    assert (ended.status, ended.hubspot_calls) == (State.PARTIAL, None)
    assert ended.counts is not None
    assert ended.counts[ObjectType.CONTACTS] == 2


def test_finishing_twice_changes_nothing(settled: Artifacts, metrics: Metrics) -> None:
    assert finish(settled, metrics) == finish(settled, metrics)


def test_a_failed_run_is_counted_too(settled: Artifacts, metrics: Metrics) -> None:
    ended = finish(settled, metrics, lambda_error("PortalRefusedError", "Portal 7 is a production portal"))

    assert ended.status is State.FAILED
    assert ended.counts is not None
    assert ended.counts[ObjectType.CONTACTS] == 2
    assert ended.error == Failure(
        code="PORTAL_REFUSED",
        message="Portal 7 is a production portal. 1 of 3 records were not made: `simcrm resume sim-test` goes on.",
    )


def test_a_run_that_failed_in_its_plan_has_planned_nothing(artifacts: Artifacts, metrics: Metrics) -> None:
    ended = finish(artifacts, metrics, lambda_error("InvalidSimulationError", "totalRecords: input should be ..."))

    assert (ended.planned, ended.counts) == (0, dict.fromkeys(ObjectType, 0))
    assert ended.error == Failure(code="VALIDATION_ERROR", message="totalRecords: input should be ...")


@pytest.mark.parametrize("failure", [{"Error": "States.Timeout", "Cause": ""}, {"Error": "Odd", "Cause": "[1]"}, {}])
def test_a_failure_of_any_shape_has_a_code_a_message_and_the_command_that_goes_on(
    artifacts: Artifacts, metrics: Metrics, failure: dict[str, Any]
) -> None:
    error = finish(artifacts, metrics, failure).error

    assert error is not None
    assert error.code.isupper()
    assert error.message.endswith("Nothing was written: `simcrm resume sim-test` goes on.")


def test_the_reason_that_stopped_the_run_is_told_rather_than_what_it_led_to(
    settled: Artifacts, metrics: Metrics
) -> None:
    note_stop(settled, STOP)

    failure = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "The map tolerates 5 %."}

    error = finish(settled, metrics, failure).error
    assert error is not None
    assert error.code == STOP.code
    assert error.message.startswith(STOP.message)


def test_the_first_batch_that_failed_is_told_rather_than_that_too_many_have(
    settled: Artifacts, metrics: Metrics
) -> None:
    caught = {"Error": "Runtime.ExitError", "Cause": "signal: killed"}
    note_batch_failure(settled, 1, {"item": {"batch": 2}, "failure": caught})

    error = finish(settled, metrics, {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "..."}).error

    assert error is not None
    assert error.code == "FUNCTION_DIED"
    assert error.message.startswith("Batch 2 failed as its contacts were generated: ")
    assert error.message.endswith("1 of 3 records were not made: `simcrm resume sim-test` goes on.")


def test_of_several_reasons_to_stop_the_first_is_told(settled: Artifacts, metrics: Metrics) -> None:
    note_stop(settled, STOP)
    note_stop(settled, Failure(code="PORTAL_REFUSED", message="Another."))

    error = finish(settled, metrics, {"Error": "States.Timeout"}).error

    assert error is not None
    assert error.message.startswith(STOP.message)


def test_a_stop_that_was_mended_does_not_fail_a_run_that_came_to_its_end(settled: Artifacts, metrics: Metrics) -> None:
    note_stop(settled, STOP)

    assert finish(settled, metrics).status is State.PARTIAL


def test_a_run_of_which_nothing_arrived_has_failed(artifacts: Artifacts, metrics: Metrics) -> None:
    write_status(artifacts, status())
    entries = [entry(index=index, outcome=Outcome.REFUSED) for index in range(3)]
    Ledger(artifacts).settle(0, "contacts", entries)

    ended = finish(artifacts, metrics)

    assert ended.status is State.FAILED
    assert ended.error is not None
    assert ended.error.code == "NOTHING_ARRIVED"


def test_a_dry_run_writes_nothing_and_has_succeeded(artifacts: Artifacts, metrics: Metrics) -> None:
    write_status(artifacts, status())
    Ledger(artifacts).settle(0, "contacts", [entry(index=index, outcome=Outcome.DRY_RUN) for index in range(3)])

    assert finish(artifacts, metrics).status is State.SUCCEEDED


def test_an_abort_is_no_success_in_the_measures(settled: Artifacts, metrics: Metrics) -> None:
    cloudwatch_metrics.take()
    write_abort(settled, Abort(at=START))

    assert finish(settled, metrics).status is State.ABORTED
    assert cloudwatch_metrics.take() == {}


def test_what_a_failed_batch_leaves_is_counted_as_missing(artifacts: Artifacts, metrics: Metrics) -> None:
    """Of two batches of ten records one was written, and of the other only what the first shares with it."""
    made = plan(totalRecords=20)
    write_plan(artifacts, made)
    batches = [batch(number, first_index=10 * number, count=10) for number in range(2)]
    artifacts.write_lines(file_names.BATCHES, (item.to_row() for item in batches))
    write_status(artifacts, status(planned=20))
    maker = BatchGenerator.of(made)
    planned = {str(key): key.object_type for item in batches for key in planned_keys(maker, item)}
    first = dict.fromkeys(map(str, planned_keys(maker, batches[0])))
    written = [LedgerEntry(key=name, object_type=planned[name], outcome=Outcome.WRITTEN) for name in first]
    Ledger(artifacts).settle(0, "contacts", written)
    note_batch_failure(artifacts, 1, {"item": {"batch": 1}, "failure": {"Error": "States.Timeout"}})

    ended = finish(artifacts, metrics)

    assert (ended.status, ended.missing) == (State.PARTIAL, len(planned) - len(first))
    assert ended.error is not None
    assert f"{ended.missing} of {len(planned)} objects were never made, because: Batch 1 failed" in ended.error.message
    assert has_gaps(artifacts, ended)


def test_the_end_is_logged_by_its_code(settled: Artifacts, metrics: Metrics, log_lines: LogLines) -> None:
    finish(settled, metrics, {"Error": "States.Timeout"})

    (line,) = log_lines.of("SIMULATION_FINISHED")
    assert (line["simulationId"], line["status"], line["error"]) == ("sim-test", "FAILED", "TIMED_OUT")


def test_the_end_of_a_resumed_run_is_that_of_its_attempt(settled: Artifacts, metrics: Metrics) -> None:
    write_status(settled, status(attempt=3))
    note_stop(settled, STOP)
    forget_stop(settled)

    ended = finish_simulation(settled, metrics, START + timedelta(days=1), END, {"Error": "Other", "Cause": "another"})

    assert (ended.attempt, ended.started_at) == (3, START)
    assert ended.error is not None
    assert ended.error.message.startswith("a function failed by Other: another. ")
