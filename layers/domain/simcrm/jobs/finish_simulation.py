"""Record how a simulation ended: the ledger's counts, the resulting state, and the cause of a failure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.log import log_event
from simcrm.jobs.failure_causes import first_failure, parse_cause
from simcrm.jobs.ledger_totals import most_common_reason, reconcile_totals, to_counters
from simcrm.jobs.run_outcome import RunResult, judge_run
from simcrm.jobs.unfinished_batches import count_missing
from simcrm.storage import file_names
from simcrm.storage.abort_marker import read_abort_marker
from simcrm.storage.run_status import RunFailure, RunState, RunStatus, StopReason, read_status, write_status
from simcrm.storage.simulation_files import SimulationFiles

METRICS = {
    RunState.SUCCEEDED: Metric.SIMULATIONS_SUCCEEDED,
    RunState.PARTIAL: Metric.SIMULATIONS_PARTIAL,
    RunState.FAILED: Metric.SIMULATIONS_FAILED,
}
"""The metric recorded for each final state; an abort is counted when it is requested."""


def finish_simulation(
    files: SimulationFiles,
    counters: RunCounters,
    started_at: datetime,
    now: datetime,
    failure: Mapping[str, Any] | None,
    *,
    attempt: int = 1,
) -> RunStatus:
    """Count the settled objects and record the final status; ``failure`` is the error Step Functions caught, if any."""
    before = read_status(files)
    if before is None:
        before = _unplanned_status(files.simulation_id, started_at, attempt)
    status = final_status(files, counters, before, failure).model_copy(update={"ended_at": now})
    write_status(files, status)
    if status.status in METRICS:
        cloudwatch_metrics.record(METRICS[status.status])
    log_event(
        "SIMULATION_FINISHED",
        "the simulation ended",
        simulationId=status.simulation_id,
        status=status.status,
        failed=status.failed,
        missing=status.missing,
        skipped=status.skipped,
        aborted=status.aborted,
        error=None if status.error is None else status.error.code,
    )
    return status


def _unplanned_status(simulation_id: str, started_at: datetime, attempt: int) -> RunStatus:
    return RunStatus(
        simulation_id=simulation_id, status=RunState.RUNNING, planned=0, attempt=attempt, started_at=started_at
    )


def final_status(
    files: SimulationFiles, run_counters: RunCounters, status: RunStatus, failure: Mapping[str, Any] | None
) -> RunStatus:
    """Return the status with recounted figures and the resulting state; the run counters are set to match."""
    totals = reconcile_totals(files)
    final_totals = totals.ledger_totals
    run_counters.set(to_counters(final_totals))
    calls = run_counters.read().get(counters.HUBSPOT_CALLS)
    state, error, missing = RunState.ABORTED, None, 0
    if read_abort_marker(files) is None:
        missing = count_missing(files, totals, status.attempt, stopped=failure is not None)
        cause = _cause(files, status.attempt, failure)
        reason = most_common_reason(files, totals)
        result = RunResult(files.simulation_id, status.planned, final_totals, missing, reason, cause)
        state, error = judge_run(result, stopped=failure is not None)
    counted = {
        "counts": final_totals.written,
        "failed": final_totals.refused,
        "missing": missing,
        "skipped": final_totals.skipped,
        "aborted": final_totals.aborted,
    }
    called = {"hubspot_calls": None if calls is None else int(calls)}
    return status.model_copy(update={"status": state, "error": error, **counted, **called})


def _cause(files: SimulationFiles, attempt: int, failure: Mapping[str, Any] | None) -> RunFailure | None:
    """Return why the portal stopped the run, else why its first failed batch failed, else the caught error."""
    stop = files.read(file_names.STOP, StopReason)
    if failure is not None and stop is not None and stop.reason is not None:
        return stop.reason
    first = first_failure(files, attempt)
    if first is not None or failure is None:
        return first
    return parse_cause(failure)
