"""One slice of a clean-up or a repair run, as long as a function may run; the state machine asks for the next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from simcrm.cache.run_counters import Metrics
from simcrm.core import log
from simcrm.hubspot.client import HubSpotClient
from simcrm.jobs.action import Action
from simcrm.jobs.clean_up import Cleanup
from simcrm.jobs.retry_refused import Repair
from simcrm.jobs.settle_abort import Aftermath
from simcrm.storage.abort_marker import Abort, read_abort, write_abort
from simcrm.storage.job_record import read_job
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.address_claims import Claims
from simcrm.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class Tools:
    """The portal, who owns its domains, the simulation's counters, and the function's time."""

    client: HubSpotClient
    writer: Writer
    claims: Claims
    metrics: Metrics
    is_over: Callable[[], bool]
    pause: Callable[[float], None]
    writer_seconds: float
    """How long a writer may run that began before an abort."""


def work(action: Action, artifacts: Artifacts, tools: Tools, job: str) -> bool:
    """Go on with a job, named by its execution; whether it is done.

    An execution that was started late, when another one had taken its place, does nothing.

    Raises:
        PortalBusyError, PortalRefusedError: the progress is kept.
    """
    current = read_job(artifacts)
    if current is not None and current.name != job:
        log.event("JOB_SUPERSEDED", "another job has begun", simulationId=artifacts.simulation_id, job=job)
        return True
    if action is Action.CLEANUP:
        if read_abort(artifacts) is None:  # writers that come late must not write behind the clean-up
            write_abort(artifacts, Abort(at=datetime.now(UTC)))
        done = Cleanup(tools.client, artifacts, tools.is_over, tools.pause, job).run().done
        if done:
            tools.claims.release(artifacts.simulation_id)
        return done
    if action is Action.ABORT:
        return Aftermath(artifacts, tools.is_over, tools.pause, tools.writer_seconds).run(datetime.now(UTC))
    return Repair(tools.writer, artifacts, tools.is_over, tools.metrics, tools.client).run().done
