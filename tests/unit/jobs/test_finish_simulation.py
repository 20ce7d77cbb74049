import json
from datetime import timedelta
from typing import Any

import pytest
from builders import START, batch, entry, plan, status
from recorders import LogLines

from simcrm.cache.run_counters import RunCounters
from simcrm.core import cloudwatch_metrics
from simcrm.jobs.failure_causes import record_batch_failure
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.jobs.settle_abort import planned_keys
from simcrm.jobs.unfinished_batches import has_unfinished_batches
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.run_status import (
    RunFailure,
    RunState,
    RunStatus,
    clear_stop_reason,
    read_status,
    write_status,
    write_stop_reason,
)
from simcrm.storage.simulation_files import SimulationFiles

END = START + timedelta(minutes=5)
STOP = RunFailure(code="PORTAL_REFUSED", message="Put a token and resume.")


def finish(files: SimulationFiles, counters: RunCounters, failure: dict[str, Any] | None = None) -> RunStatus:
    return finish_simulation(files, counters, START, END, failure)


def lambda_error(kind: str, message: str) -> dict[str, Any]:
    """What Step Functions catches from a function."""
    return {"Error": kind, "Cause": json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": ["..."]})}


@pytest.fixture
def settled(files: SimulationFiles) -> SimulationFiles:
    """A planned run whose ledger holds three contacts, one of them refused, and a company that batches share."""
    write_status(files, status())
    ledger = Ledger(files)
    ledger.write_step(0, "contacts", [entry(ObjectType.COMPANIES), entry(index=0), entry(index=1)])
    ledger.write_step(1, "contacts", [entry(ObjectType.COMPANIES), entry(index=2, outcome=LedgerOutcome.REFUSED)])
    return files


def test_a_run_ends_with_what_the_ledger_holds(settled: SimulationFiles, metrics: RunCounters) -> None:
    metrics.add({"hubspot_calls": 12})

    ended = finish(settled, metrics)

    assert (ended.status, ended.planned, ended.failed, ended.hubspot_calls) == (RunState.PARTIAL, 3, 1, 12)
    assert ended.counts == dict.fromkeys(ObjectType, 0) | {ObjectType.CONTACTS: 2, ObjectType.COMPANIES: 1}
    assert (ended.started_at, ended.ended_at, ended.missing) == (START, END, 0)
    assert ended.error is not None
    assert "1 of 4 objects were refused" in ended.error.message


def test_the_end_is_recorded(settled: SimulationFiles, metrics: RunCounters) -> None:
    assert finish(settled, metrics) == read_status(settled)


def test_counters_are_corrected_by_the_ledger(settled: SimulationFiles, metrics: RunCounters) -> None:
    metrics.add({"contacts_created": 99, "records_settled": 5})

    finish(settled, metrics)

    counted = metrics.read()
    assert (counted["contacts_created"], counted["companies_created"]) == ("2", "1")
    assert (counted["records_refused"], counted["records_settled"]) == ("1", "6")


def test_without_a_cache_a_run_ends_all_the_same(settled: SimulationFiles) -> None:
    ended = finish(settled, RunCounters(None, "sim-test"))

    assert (ended.status, ended.hubspot_calls) == (RunState.PARTIAL, None)
    assert ended.counts is not None
    assert ended.counts[ObjectType.CONTACTS] == 2


def test_finishing_twice_changes_nothing(settled: SimulationFiles, metrics: RunCounters) -> None:
    assert finish(settled, metrics) == finish(settled, metrics)


def test_a_failed_run_is_counted_too(settled: SimulationFiles, metrics: RunCounters) -> None:
    ended = finish(settled, metrics, lambda_error("PortalAccessError", "Portal 7 is a production portal"))

    assert ended.status is RunState.FAILED
    assert ended.counts is not None
    assert ended.counts[ObjectType.CONTACTS] == 2
    assert ended.error == RunFailure(
        code="PORTAL_REFUSED",
        message="Portal 7 is a production portal. 1 of 3 records were not generated: "
        "`simcrm resume sim-test` continues the run.",
    )


def test_a_run_that_failed_in_its_plan_has_planned_nothing(files: SimulationFiles, metrics: RunCounters) -> None:
    ended = finish(files, metrics, lambda_error("InvalidSimulationError", "totalRecords: input should be ..."))

    assert (ended.planned, ended.counts) == (0, dict.fromkeys(ObjectType, 0))
    assert ended.error == RunFailure(code="VALIDATION_ERROR", message="totalRecords: input should be ...")


@pytest.mark.parametrize("failure", [{"Error": "States.Timeout", "Cause": ""}, {"Error": "Odd", "Cause": "[1]"}, {}])
def test_a_failure_of_any_shape_has_a_code_a_message_and_the_command_that_goes_on(
    files: SimulationFiles, metrics: RunCounters, failure: dict[str, Any]
) -> None:
    error = finish(files, metrics, failure).error

    assert error is not None
    assert error.code.isupper()
    assert error.message.endswith("Nothing was written: `simcrm resume sim-test` continues the run.")


def test_the_reason_that_stopped_the_run_is_told_rather_than_what_it_led_to(
    settled: SimulationFiles, metrics: RunCounters
) -> None:
    write_stop_reason(settled, STOP)

    failure = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "The map tolerates 5 %."}

    error = finish(settled, metrics, failure).error
    assert error is not None
    assert error.code == STOP.code
    assert error.message.startswith(STOP.message)


def test_the_first_batch_that_failed_is_told_rather_than_that_too_many_have(
    settled: SimulationFiles, metrics: RunCounters
) -> None:
    caught = {"Error": "Runtime.ExitError", "Cause": "signal: killed"}
    record_batch_failure(settled, 1, {"item": {"batch": 2}, "failure": caught})

    error = finish(settled, metrics, {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "..."}).error

    assert error is not None
    assert error.code == "FUNCTION_DIED"
    assert error.message.startswith("Batch 2 failed while its contacts were being generated: ")
    assert error.message.endswith("1 of 3 records were not generated: `simcrm resume sim-test` continues the run.")


def test_of_several_reasons_to_stop_the_first_is_told(settled: SimulationFiles, metrics: RunCounters) -> None:
    write_stop_reason(settled, STOP)
    write_stop_reason(settled, RunFailure(code="PORTAL_REFUSED", message="Another."))

    error = finish(settled, metrics, {"Error": "States.Timeout"}).error

    assert error is not None
    assert error.message.startswith(STOP.message)


def test_a_stop_that_was_mended_does_not_fail_a_run_that_came_to_its_end(
    settled: SimulationFiles, metrics: RunCounters
) -> None:
    write_stop_reason(settled, STOP)

    assert finish(settled, metrics).status is RunState.PARTIAL


def test_a_run_of_which_nothing_arrived_has_failed(files: SimulationFiles, metrics: RunCounters) -> None:
    write_status(files, status())
    entries = [entry(index=index, outcome=LedgerOutcome.REFUSED) for index in range(3)]
    Ledger(files).write_step(0, "contacts", entries)

    ended = finish(files, metrics)

    assert ended.status is RunState.FAILED
    assert ended.error is not None
    assert ended.error.code == "NOTHING_ARRIVED"


def test_a_dry_run_writes_nothing_and_has_succeeded(files: SimulationFiles, metrics: RunCounters) -> None:
    write_status(files, status())
    Ledger(files).write_step(0, "contacts", [entry(index=index, outcome=LedgerOutcome.DRY_RUN) for index in range(3)])

    assert finish(files, metrics).status is RunState.SUCCEEDED


def test_an_abort_is_no_success_in_the_measures(settled: SimulationFiles, metrics: RunCounters) -> None:
    cloudwatch_metrics.flush()
    write_abort_marker(settled, AbortMarker(at=START))

    assert finish(settled, metrics).status is RunState.ABORTED
    assert cloudwatch_metrics.flush() == {}


def test_what_a_failed_batch_leaves_is_counted_as_missing(files: SimulationFiles, metrics: RunCounters) -> None:
    """Of two batches of ten records one was written, and of the other only what the first shares with it."""
    made = plan(totalRecords=20)
    write_plan(files, made)
    batches = [batch(number, first_index=10 * number, count=10) for number in range(2)]
    files.write_lines(file_names.BATCHES, (item.to_row() for item in batches))
    write_status(files, status(planned=20))
    histories = AccountHistories.from_plan(made)
    planned = {str(key): key.object_type for item in batches for key in planned_keys(files, histories, item)}
    first = dict.fromkeys(map(str, planned_keys(files, histories, batches[0])))
    written = [LedgerEntry(key=name, object_type=planned[name], outcome=LedgerOutcome.WRITTEN) for name in first]
    Ledger(files).write_step(0, "contacts", written)
    record_batch_failure(files, 1, {"item": {"batch": 1}, "failure": {"Error": "States.Timeout"}})

    ended = finish(files, metrics)

    assert (ended.status, ended.missing) == (RunState.PARTIAL, len(planned) - len(first))
    assert ended.error is not None
    assert (
        f"{ended.missing} of {len(planned)} objects were never generated, because: Batch 1 failed"
        in ended.error.message
    )
    assert has_unfinished_batches(files, ended)


def test_the_end_is_logged_by_its_code(settled: SimulationFiles, metrics: RunCounters, log_lines: LogLines) -> None:
    finish(settled, metrics, {"Error": "States.Timeout"})

    (line,) = log_lines.with_event_id("SIMULATION_FINISHED")
    assert (line["simulationId"], line["status"], line["error"]) == ("sim-test", "FAILED", "TIMED_OUT")


def test_the_end_of_a_resumed_run_is_that_of_its_attempt(settled: SimulationFiles, metrics: RunCounters) -> None:
    write_status(settled, status(attempt=3))
    write_stop_reason(settled, STOP)
    clear_stop_reason(settled)

    ended = finish_simulation(settled, metrics, START + timedelta(days=1), END, {"Error": "Other", "Cause": "another"})

    assert (ended.attempt, ended.started_at) == (3, START)
    assert ended.error is not None
    assert ended.error.message.startswith("a function failed by Other: another. ")
