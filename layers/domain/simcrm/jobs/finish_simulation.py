"""Record how a simulation ended: counts of the ledger, the state they make, and the cause where it failed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import Metrics
from simcrm.core import cloudwatch_metrics, log
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.jobs.failure_causes import cause_of, first_failure
from simcrm.jobs.ledger_totals import commonest_reason, counters_of, reconciled
from simcrm.jobs.run_outcome import Result, judged
from simcrm.jobs.unfinished_batches import count_missing
from simcrm.storage import file_names
from simcrm.storage.abort_marker import read_abort
from simcrm.storage.run_status import Failure, State, Status, Stop, read_status, write_status
from simcrm.storage.simulation_files import Artifacts

MEASURES = {
    State.SUCCEEDED: Measure.SIMULATIONS_SUCCEEDED,
    State.PARTIAL: Measure.SIMULATIONS_PARTIAL,
    State.FAILED: Measure.SIMULATIONS_FAILED,
}
"""What is counted at an end; an abort was counted when it was asked for."""


def finish_simulation(
    artifacts: Artifacts,
    metrics: Metrics,
    started_at: datetime,
    now: datetime,
    failure: Mapping[str, Any] | None,
    *,
    attempt: int = 1,
) -> Status:
    """Count what is settled and record the final status; ``failure`` is what Step Functions caught, if anything."""
    before = read_status(artifacts)
    if before is None:
        before = _unplanned(artifacts.simulation_id, started_at, attempt)
    status = concluded(artifacts, metrics, before, failure).model_copy(update={"ended_at": now})
    write_status(artifacts, status)
    if status.status in MEASURES:
        cloudwatch_metrics.add(MEASURES[status.status])
    log.event(
        "SIMULATION_FINISHED",
        "the simulation ended",
        simulationId=status.simulation_id,
        status=status.status,
        failed=status.failed,
        missing=status.missing,
        aborted=status.aborted,
        error=None if status.error is None else status.error.code,
    )
    return status


def _unplanned(simulation_id: str, started_at: datetime, attempt: int) -> Status:
    return Status(simulation_id=simulation_id, status=State.RUNNING, planned=0, attempt=attempt, started_at=started_at)


def concluded(artifacts: Artifacts, metrics: Metrics, status: Status, failure: Mapping[str, Any] | None) -> Status:
    """The status with all figures counted anew and the state that they make; the counters are set to them."""
    totals = reconciled(artifacts)
    tally = totals.tally
    metrics.put(counters_of(tally))
    calls = metrics.read().get(counters.HUBSPOT_CALLS)
    state, error, missing = State.ABORTED, None, 0
    if read_abort(artifacts) is None:
        missing = count_missing(artifacts, totals, status.attempt, stopped=failure is not None)
        cause = _cause(artifacts, status.attempt, failure)
        reason = commonest_reason(artifacts, totals)
        result = Result(artifacts.simulation_id, status.planned, tally, missing, reason, cause)
        state, error = judged(result, stopped=failure is not None)
    counted = {"counts": tally.written, "failed": tally.refused, "missing": missing, "aborted": tally.aborted}
    called = {"hubspot_calls": None if calls is None else int(calls)}
    return status.model_copy(update={"status": state, "error": error, **counted, **called})


def _cause(artifacts: Artifacts, attempt: int, failure: Mapping[str, Any] | None) -> Failure | None:
    """Why the portal stopped the run, else why the first of its batches failed that did, else what was caught."""
    stop = artifacts.read(file_names.STOP, Stop)
    if failure is not None and stop is not None and stop.reason is not None:
        return stop.reason
    first = first_failure(artifacts, attempt)
    if first is not None or failure is None:
        return first
    return cause_of(failure)
