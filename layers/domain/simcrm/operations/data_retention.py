"""Delete the data of simulations that ended long ago, and renew the cached data of active simulations.

The age of an object is irrelevant, because a run may last a year. What counts is that nothing is running for a
simulation, and when one of its own documents was last written; every run's end and every job writes one.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import ClientError
from pydantic import ValidationError

from simcrm.core.errors import JobRunningError, SimulationNotFoundError
from simcrm.core.log import log_event
from simcrm.jobs.action import EXPIRE
from simcrm.operations.executions import Executions
from simcrm.operations.job_lock import RUNNING_STATUSES, JobLocks
from simcrm.operations.simulations import Simulations
from simcrm.storage import file_names
from simcrm.storage.job_record import JobRecord, read_job
from simcrm.storage.run_status import RunStatus
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles
from simcrm.storage.simulation_prefixes import SimulationPrefixes


class RetentionCursor(NamedTuple):
    """The progress of a pass over all simulations: the last one processed, and whether the pass is complete."""

    after: str
    done: bool


@dataclass(frozen=True, slots=True)
class DataRetention:
    """One pass over the simulations of a deployment.

    ``renew`` is called with each active simulation. ``retention`` is how long data is kept after the last write.
    ``execution`` is the ARN of the execution that makes the pass; it holds a simulation's job during deletion.
    """

    prefixes: SimulationPrefixes
    open_files: Callable[[str], SimulationFiles]
    simulations: Simulations
    executions: Executions
    jobs: JobLocks
    renew: Callable[[str], None]
    retention: timedelta
    execution: str

    def run(self, now: datetime, after: str, is_over: Callable[[], bool]) -> RetentionCursor:
        """Process the simulations after ``after``, until the last one or until time is up."""
        for simulation_id in self.prefixes.simulation_ids(after):
            if is_over() or not self._process(self.open_files(simulation_id), now, is_over):
                return RetentionCursor(after, done=False)
            after = simulation_id
        return RetentionCursor("", done=True)

    def _process(self, files: SimulationFiles, now: datetime, is_over: Callable[[], bool]) -> bool:
        """Process a simulation and return whether it is done for now; an error in one does not affect the next."""
        try:
            return self._must_be_kept(files, now) or self._delete(files, now, is_over)
        except (JobRunningError, ConcurrentWriteError):  # another job is working on it, so it is not old
            return True
        except (ClientError, ValidationError) as error:
            log_event(
                "EXPIRY_FAILED",
                "a simulation could not be checked or deleted; retried the next day",
                level=logging.ERROR,
                simulationId=files.simulation_id,
                errorType=type(error).__name__,
            )
            return True

    def _must_be_kept(self, files: SimulationFiles, now: datetime) -> bool:
        job = read_job(files)
        if job is not None and job.action == EXPIRE:  # an earlier pass was interrupted while deleting it
            return False
        recorded, version = files.read_version(file_names.STATUS, RunStatus)
        if recorded is not None and recorded.status.is_final:
            return self._is_within_retention(files, now) or self._is_running(recorded)
        try:
            found = self.simulations.status(files.simulation_id)
        except SimulationNotFoundError:  # its execution ended more than 90 days ago
            return self._is_within_retention(files, now)
        if found.status.is_final:
            self.jobs.require_none(files, now)
            _record_end(files, found, version)
        else:
            self.renew(files.simulation_id)
        return True

    def _is_within_retention(self, files: SimulationFiles, now: datetime) -> bool:
        touched = self.prefixes.last_modified(files.simulation_id)
        return touched is not None and now - touched < self.retention

    def _is_running(self, recorded: RunStatus) -> bool:
        """Whether an execution is running although its end was recorded, because it was redriven."""
        try:
            return self.executions.describe(recorded.simulation_id, recorded.attempt).status in RUNNING_STATUSES
        except SimulationNotFoundError:
            return False

    def _delete(self, files: SimulationFiles, now: datetime, is_over: Callable[[], bool]) -> bool:
        self.jobs.acquire(files, JobRecord(action=EXPIRE, execution=self.execution, since=now), over=(EXPIRE,))
        deleted, done = self.prefixes.delete_objects(files.simulation_id, file_names.JOB, is_over)
        log_event(
            "SIMULATION_EXPIRED",
            "expired data of a simulation was deleted",
            simulationId=files.simulation_id,
            deleted=deleted,
            done=done,
        )
        return done or not is_over()


def _record_end(files: SimulationFiles, ended: RunStatus, version: str) -> None:
    """Record the end of a run that was stopped or timed out; its retention period starts now."""
    files.write_version(file_names.STATUS, ended, version)
    log_event(
        "SIMULATION_END_NOTED",
        "an execution ended without recording its status",
        simulationId=ended.simulation_id,
        status=ended.status,
        error=None if ended.error is None else ended.error.code,
    )
