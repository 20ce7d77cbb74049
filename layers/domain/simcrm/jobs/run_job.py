"""One slice of a job, limited by the function's timeout; the state machine requests the next slice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from simcrm.cache.run_counters import RunCounters
from simcrm.core.log import log_event
from simcrm.hubspot.client import HubSpotClient
from simcrm.jobs.action import JobKind
from simcrm.jobs.clean_up import CleanupJob
from simcrm.jobs.retry_refused import RetryRefusedJob
from simcrm.jobs.settle_abort import AbortSettlement
from simcrm.storage.abort_marker import AbortMarker, read_abort_marker, write_abort_marker
from simcrm.storage.job_record import read_job
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import AddressClaims
from simcrm.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class JobContext:
    """The portal, its address claims, the simulation's counters, and the function's time."""

    client: HubSpotClient
    writer: Writer
    address_claims: AddressClaims
    counters: RunCounters
    is_out_of_time: Callable[[], bool]
    sleep: Callable[[float], None]
    writer_seconds: float
    """Maximum number of seconds that a writer started before an abort may still run."""


def run_job(action: JobKind, files: SimulationFiles, context: JobContext, job: str) -> bool:
    """Continue a job, identified by its execution name; return whether it is done.

    An execution that starts after another one has replaced it does nothing and counts as done.

    Raises:
        PortalUnavailableError, PortalAccessError: progress is saved.
    """
    current = read_job(files)
    if current is not None and current.name != job:
        log_event("JOB_SUPERSEDED", "another job has started", simulationId=files.simulation_id, job=job)
        return True
    if action is JobKind.CLEANUP:
        if read_abort_marker(files) is None:  # late writers must not write after the clean-up
            write_abort_marker(files, AbortMarker(at=datetime.now(UTC)))
        done = CleanupJob(context.client, files, context.is_out_of_time, context.sleep, job).run().done
        if done:
            context.address_claims.release(files.simulation_id)
        return done
    if action is JobKind.ABORT:
        return AbortSettlement(files, context.is_out_of_time, context.sleep, context.writer_seconds).run(
            datetime.now(UTC)
        )
    return RetryRefusedJob(context.writer, files, context.is_out_of_time, context.counters, context.client).run().done
