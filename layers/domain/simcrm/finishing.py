"""Record how a simulation ended: counts from the ledger, or the cause of its failure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simcrm import log, measures
from simcrm.cache import metrics as counters
from simcrm.cache.metrics import Metrics
from simcrm.counting import counters_of
from simcrm.errors import ConfigError, InvalidSimulationError, SimCrmError
from simcrm.hubspot.errors import PortalError
from simcrm.measures import Measure
from simcrm.storage import names
from simcrm.storage.aborts import read_abort
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger, Tally
from simcrm.storage.status import Failure, State, Status, Stop, read_status, write_status


def finish_simulation(
    artifacts: Artifacts, metrics: Metrics, started_at: datetime, now: datetime, failure: Mapping[str, Any] | None
) -> Status:
    """Count the ledger and record the final status; ``failure`` is what Step Functions caught, if anything."""
    tally = Tally.of(Ledger(artifacts).all())
    before = read_status(artifacts)
    aborted = read_abort(artifacts) is not None
    error = None if failure is None or aborted else _cause(artifacts, failure)
    ended = State.SUCCEEDED if error is None else State.FAILED
    status = Status(
        simulation_id=artifacts.simulation_id,
        status=State.ABORTED if aborted else ended,
        planned=0 if before is None else before.planned,
        attempt=1 if before is None else before.attempt,
        started_at=started_at if before is None else before.started_at,
        ended_at=now,
        counts=tally.written,
        failed=tally.refused,
        aborted=tally.aborted,
        hubspot_calls=int(metrics.read().get(counters.HUBSPOT_CALLS, 0)),
        error=error,
    )
    write_status(artifacts, status)
    metrics.put(counters_of(tally))
    measures.add(Measure.SIMULATIONS_SUCCEEDED if error is None else Measure.SIMULATIONS_FAILED)
    log.event(
        "SIMULATION_FINISHED",
        "the simulation ended",
        simulationId=status.simulation_id,
        status=status.status,
        failed=status.failed,
        aborted=status.aborted,
        error=None if error is None else error.code,
    )
    return status


def _cause(artifacts: Artifacts, failure: Mapping[str, Any]) -> Failure:
    """What an operator must know: the reason that stopped the run if one was noted, else what was caught.

    A Lambda's cause is JSON with ``errorType`` and ``errorMessage``.
    """
    stop = artifacts.read(names.STOP, Stop)
    if stop is not None and stop.reason is not None:
        return stop.reason
    # Step Functions keeps names that begin with "States." for itself and may refuse them in a Fail state.
    code, cause = str(failure.get("Error", "Unknown")).removeprefix("States."), str(failure.get("Cause", ""))
    try:
        document = json.loads(cause)
    except ValueError:
        return Failure(code=code, message=cause or code)
    if not isinstance(document, dict):
        return Failure(code=code, message=cause)
    raised = str(document.get("errorType", code))
    return Failure(code=_codes().get(raised, raised), message=str(document.get("errorMessage", cause)))


def _codes() -> dict[str, str]:
    """The stable code of each error of the domain, by the class name that Lambda reports."""
    kinds: list[type[SimCrmError]] = [InvalidSimulationError, ConfigError, *_below(PortalError)]
    return {kind.__name__: kind.code for kind in kinds}


def _below(kind: type[SimCrmError]) -> list[type[SimCrmError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _below(child))]


def note_stop(artifacts: Artifacts, failure: Failure) -> None:
    """Keep the reason that stops a run, for the status and for every step that has not begun."""
    artifacts.write(names.STOP, Stop(reason=failure))


def forget_stop(artifacts: Artifacts) -> None:
    """Begin without the reason that stopped an earlier attempt."""
    artifacts.write(names.STOP, Stop(reason=None))
