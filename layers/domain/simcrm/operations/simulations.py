"""Start, list, describe and resume simulations by id; results are API documents."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core.concurrency import map_concurrently
from simcrm.core.errors import (
    SimulationExistsError,
    SimulationNotFoundError,
    SimulationRunningError,
)
from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.jobs.cleanup_state import cleanup_document, read_cleanup, remaining
from simcrm.jobs.ledger_totals import count_ledger
from simcrm.models.accepted_input import AcceptedInput, original_input
from simcrm.models.crm_objects import by_json_name
from simcrm.models.schedule import FIELD
from simcrm.models.simulation_ids import parse_execution_name
from simcrm.models.simulation_input import SimulationInput, requested_records
from simcrm.models.throughput_series import bucket_start, to_series
from simcrm.operations.executions import PAGE_SIZE, Executions
from simcrm.operations.run_progress import (
    all_types,
    counter_value,
    lifecycle_funnel,
    llm_counters,
    percent_complete,
    written_counts,
)
from simcrm.operations.run_timeline import RunTimeline, position_on_timeline, read_timeline
from simcrm.storage import file_names
from simcrm.storage.run_status import RESET_ON_RESUME, RunFailure, RunState, RunStatus, read_status
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

MAX_TRIES = 5
"""Execution names that a resume tries, in case an earlier one was interrupted before it recorded its name."""

STATES = {"RUNNING": RunState.RUNNING, "SUCCEEDED": RunState.SUCCEEDED, "ABORTED": RunState.ABORTED}
"""Run states by Step Functions status; any other status is a failure."""


class Simulations:
    """The simulations of one deployment.

    Callers that only display a simulation may pass ``consistent=False`` (``fresh=False`` for ``status``): data from
    Step Functions is then up to two seconds old. A recorded status is never cached, so a recorded end shows at once.
    """

    def __init__(
        self,
        executions: Executions,
        open_files: Callable[[str], SimulationFiles],
        open_counters: Callable[[str], RunCounters],
    ) -> None:
        self._executions = executions
        self._open_files = open_files
        self._open_counters = open_counters
        self._timelines: dict[str, RunTimeline] = {}

    def start(self, request: SimulationInput, simulation_id: str, accepted: AcceptedInput | None = None) -> JsonObject:
        """Start a simulation; starting it again with the same id and input only returns its status.

        ``accepted`` holds what the names in the input referred to when it was validated.

        Raises:
            SimulationExistsError: the id is in use with a different input.
        """
        input_document = request.model_dump(mode="json", by_alias=True, exclude_unset=True) | {
            "simulationId": simulation_id
        }
        document = input_document if accepted is None else input_document | accepted.to_field()
        arn = self._executions.start(simulation_id, 1, json.dumps(document, sort_keys=True))
        if (
            arn is None
            and original_input(json.loads(self._executions.describe(simulation_id, 1).input)) != input_document
        ):
            raise SimulationExistsError(simulation_id)
        answer = {"simulationId": simulation_id, "status": RunState.QUEUED, "executionArn": arn}
        # Step Functions answers a repeated start like the first: only a newly generated id is certain to be new.
        return (
            answer
            if arn is not None and request.simulation_id is None
            else answer | self._started_before(simulation_id)
        )

    def _started_before(self, simulation_id: str) -> JsonObject:
        """Return status and execution of a simulation that may have been started before."""
        try:
            status, _ = self._status(simulation_id)
        except SimulationNotFoundError:  # too new for Step Functions to show it
            return {"status": RunState.QUEUED, "executionArn": self._executions.arn(simulation_id, 1)}
        return {"status": status.status, "executionArn": self._executions.arn(simulation_id, status.attempt)}

    def list_page(self, token: str | None) -> JsonObject:
        """Return a page of simulations, latest first, and the token of the next page if there is one."""
        page = self._executions.list_page(token)
        rows = map_concurrently(self._list_row, page["executions"], PAGE_SIZE)
        answer: JsonObject = {"simulations": [row for row in rows if row is not None]}
        return answer | ({"nextToken": page["nextToken"]} if page.get("nextToken") else {})

    def describe(self, simulation_id: str, *, consistent: bool = True) -> JsonObject:
        """Return everything known about a simulation.

        Raises:
            SimulationNotFoundError: no simulation has this id.
        """
        status, document = self._status(simulation_id, consistent=consistent)
        (metrics, _), timeline = self._read_or_recount(status), self._timeline(status)
        cleanup = read_cleanup(self._open_files(simulation_id))
        return {
            "simulationId": simulation_id,
            "status": status.status,
            "mode": None if timeline is None else timeline.pace.mode,
            "input": original_input(document),
            "schedule": document.get(FIELD),
            "planned": status.planned,
            "counts": by_json_name(
                remaining(written_counts(metrics) if status.counts is None else all_types(status.counts), cleanup)
            ),
            "currency": None if timeline is None or timeline.currency is None else timeline.currency.to_document(),
            "omitted": {} if timeline is None else dict(timeline.omitted),
            "failed": _recorded_or_counted(status, status.failed, metrics, counters.RECORDS_REFUSED),
            "skipped": _recorded_or_counted(status, status.skipped, metrics, counters.PROPERTIES_SKIPPED),
            "missing": 0 if status.missing is None else status.missing,
            "aborted": status.aborted,
            "hubspotCalls": _recorded_or_counted(status, status.hubspot_calls, metrics, counters.HUBSPOT_CALLS),
            "percentComplete": percent_complete(status, metrics),
            "wave": None if timeline is None else position_on_timeline(timeline, status, metrics, datetime.now(UTC)),
            "startedAt": to_iso_utc(status.started_at),
            "endedAt": None if status.ended_at is None else to_iso_utc(status.ended_at),
            "error": None if status.error is None else status.error.model_dump(),
            **cleanup_document(cleanup),
        }

    def _timeline(self, status: RunStatus) -> RunTimeline | None:
        """Return a run's timeline, which is read once; None before the run is planned."""
        timeline = self._timelines.get(status.simulation_id)
        if timeline is None and status.status is not RunState.QUEUED:
            timeline = read_timeline(self._open_files(status.simulation_id))
            self._timelines = {} if timeline is None else {status.simulation_id: timeline}
        return timeline

    def metrics(self, simulation_id: str, *, consistent: bool = True) -> JsonObject:
        """Return a simulation's counters and the model metrics derived from them.

        Raises:
            SimulationNotFoundError: no simulation has this id.
        """
        status, _ = self._status(simulation_id, consistent=consistent)
        metrics, buckets = self._read_or_recount(status)
        return {
            "simulationId": simulation_id,
            "metrics": metrics,
            "aiGeneration": llm_counters(metrics),
            "percentComplete": percent_complete(status, metrics),
            "status": status.status,
            "takenBack": self._is_taken_back(simulation_id),
            "funnel": lifecycle_funnel(metrics),
            **self._throughput(status, buckets),
        }

    def _is_taken_back(self, simulation_id: str) -> bool:
        state = read_cleanup(self._open_files(simulation_id))
        return state is not None and state.done

    def _throughput(self, status: RunStatus, buckets: Mapping[int, int] | None) -> JsonObject:
        """Return the writes over time, from these ledger buckets or else from the cache."""
        buckets = self._open_counters(status.simulation_id).read_throughput() if buckets is None else buckets
        width, points = to_series(buckets or {}, status.started_at)
        rows = [{"at": to_iso_utc(bucket_start(bucket)), "written": written} for bucket, written in points]
        return {"bucketSeconds": width, "series": rows}

    def next_execution(self, simulation_id: str) -> str:
        """Return the ARN of the execution that a resume would start."""
        recorded = read_status(self._open_files(simulation_id))
        return self._executions.arn(simulation_id, 2 if recorded is None else recorded.attempt + 1)

    def resume(self, simulation_id: str, announce: Callable[[str], None] = lambda _arn: None) -> str:
        """Continue an ended simulation in a new execution, and return its ARN.

        Settled work stays settled: the simulation keeps its plan, records and ledger. ``announce`` is called with the
        ARN of an execution before it is started.
        """
        files = self._open_files(simulation_id)
        _, version = files.read_version(file_names.STATUS, RunStatus)
        status, document = self._status(simulation_id)
        execution_input = json.dumps(document, sort_keys=True)
        for attempt in range(status.attempt + 1, status.attempt + MAX_TRIES):
            announce(self._executions.arn(simulation_id, attempt))
            arn = self._executions.start(simulation_id, attempt, execution_input)
            if arn is None:
                continue
            again = {"status": RunState.RUNNING, "attempt": attempt, **RESET_ON_RESUME}
            with suppress(ConcurrentWriteError):  # the new execution has already written its own status
                files.write_version(file_names.STATUS, status.model_copy(update=again), version)
            return arn
        raise SimulationRunningError(simulation_id)

    def _list_row(self, listed: JsonObject) -> JsonObject | None:
        """Return the row of a listed execution; None if a later execution has resumed its simulation.

        Step Functions is asked only about an execution that is too new to have a recorded status.
        """
        simulation_id, attempt = parse_execution_name(listed["name"])
        status = read_status(self._open_files(simulation_id))
        if status is None:
            status = self.status(simulation_id, fresh=False)
        elif attempt < status.attempt:
            return None
        elif not status.status.is_final:
            status = _with_execution(status, STATES.get(listed["status"], RunState.FAILED), listed.get("stopDate"))
        is_done = status.status is RunState.SUCCEEDED
        metrics = {} if is_done else self._open_counters(simulation_id).read()
        return {
            "simulationId": simulation_id,
            "status": status.status,
            "totalRecords": status.planned,
            "startedAt": to_iso_utc(status.started_at),
            "endedAt": None if status.ended_at is None else to_iso_utc(status.ended_at),
            "percentComplete": percent_complete(status, metrics),
            "takenBack": status.status.is_final and self._is_taken_back(simulation_id),
        }

    def _status(self, simulation_id: str, *, consistent: bool = True) -> tuple[RunStatus, JsonObject]:
        """Return status and input; the recorded status if it is final, else the one from Step Functions."""
        recorded = read_status(self._open_files(simulation_id))
        look = self._executions.describe if consistent else self._executions.describe_cached
        execution = look(simulation_id, 1 if recorded is None else recorded.attempt)
        document: JsonObject = json.loads(execution.input)
        if recorded is not None and recorded.status.is_final:
            return recorded, document
        state = STATES.get(execution.status, RunState.FAILED)
        if recorded is None:
            planned = requested_records(document)
            waiting = RunState.QUEUED if state is RunState.RUNNING else state
            recorded = RunStatus(
                simulation_id=simulation_id, status=waiting, planned=planned, started_at=execution.started_at
            )
        failure = RunFailure(code=execution.error or "Unknown", message=execution.cause or "no cause")
        return _with_execution(recorded, state, execution.ended_at, failure), document

    def status(self, simulation_id: str, *, fresh: bool = True) -> RunStatus:
        """Return the recorded status if it is final, else the one from Step Functions, without the full description.

        Raises:
            SimulationNotFoundError: no simulation has this id, or its execution no longer exists.
        """
        return self._status(simulation_id, consistent=fresh)[0]

    def count_refused(self, status: RunStatus) -> int:
        """Return how many objects of a simulation were refused."""
        if status.counts is not None and status.failed is not None:
            return status.failed
        return counter_value(self._read_or_recount(status)[0], counters.RECORDS_REFUSED)

    def require(self, simulation_id: str) -> None:
        """Require that a simulation exists, asking only the bucket unless nothing is recorded yet.

        Raises:
            SimulationNotFoundError: no simulation has this id.
        """
        if read_status(self._open_files(simulation_id)) is None:
            self._executions.describe_cached(simulation_id, 1)

    def has_ended(self, simulation_id: str) -> bool:
        """Whether a simulation is no longer running, or is no longer known."""
        try:
            return self.status(simulation_id).status.is_final
        except SimulationNotFoundError:
            return True

    def execution_arn(self, simulation_id: str) -> str:
        """Return the ARN of the execution that runs a simulation: the latest one if it was resumed."""
        recorded = read_status(self._open_files(simulation_id))
        return self._executions.arn(simulation_id, 1 if recorded is None else recorded.attempt)

    def _read_or_recount(self, status: RunStatus) -> tuple[dict[str, str], Mapping[int, int] | None]:
        """Return the live counters; if the cache has lost any, recount them from the ledger and restore them.

        A recount also returns the ledger's buckets of writes over time.
        """
        metrics = self._open_counters(status.simulation_id)
        found, is_whole = metrics.read_with_completeness()
        if is_whole or status.status is RunState.QUEUED:
            return found, None
        again = count_ledger(self._open_files(status.simulation_id))
        metrics.restore(*again)
        return found | {name: str(count) for name, count in again.counters.items()}, again.buckets


def _recorded_or_counted(status: RunStatus, figure: int | None, counters: dict[str, str], counter: str) -> int:
    """Return the figure recorded at the end, which may be 0; before the end, the counter."""
    return counter_value(counters, counter) if status.counts is None or figure is None else figure


def _with_execution(
    recorded: RunStatus, state: RunState, ended_at: datetime | None, failure: RunFailure | None = None
) -> RunStatus:
    """Return the recorded status, completed if its execution has ended: a stopped one could not record its end."""
    if not state.is_final:
        return recorded
    error = failure if state is RunState.FAILED else None
    return recorded.model_copy(update={"status": state, "ended_at": ended_at or datetime.now(UTC), "error": error})
