"""Clean up, resume and abort simulations; results are API documents."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.errors import (
    SimulationAbortedError,
    SimulationCleanedUpError,
    SimulationEndedError,
    SimulationRunningError,
)
from simcrm.core.json_types import JsonObject
from simcrm.jobs.action import RESUME, JobKind
from simcrm.jobs.clean_up import preview_cleanup
from simcrm.jobs.cleanup_state import read_cleanup
from simcrm.jobs.run_outcome import NOTHING_ARRIVED
from simcrm.jobs.unfinished_batches import has_unfinished_batches
from simcrm.operations.job_lock import JobLocks
from simcrm.operations.simulations import Simulations
from simcrm.storage.abort_marker import AbortMarker, read_abort_marker, write_abort_marker
from simcrm.storage.job_record import JobRecord
from simcrm.storage.run_status import RunState, RunStatus
from simcrm.storage.simulation_files import SimulationFiles

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MAX_NAME_CHARACTERS = 50
ALREADY_ENDED = {"ValidationException", "ExecutionDoesNotExist"}


def can_continue(files: SimulationFiles, status: RunStatus) -> bool:
    """Whether an ended run has something left to do other than retry refused objects.

    A stopped run has; a run that reached its end has if any of its batches failed.
    """
    has_nothing = status.error is not None and status.error.code == NOTHING_ARRIVED
    came_to_its_end = status.status in {RunState.SUCCEEDED, RunState.PARTIAL} or has_nothing
    return not came_to_its_end or has_unfinished_batches(files, status)


def _is_taken_back(files: SimulationFiles) -> bool:
    state = read_cleanup(files)
    return state is not None and state.done


@dataclass(frozen=True, slots=True)
class RunActions:
    """The jobs of one deployment."""

    step_functions: "SFNClient"
    machine: str
    simulations: Simulations

    @property
    def job_locks(self) -> JobLocks:
        """The locks of these jobs."""
        return JobLocks(self.step_functions)

    def cleanup(self, files: SimulationFiles, now: datetime, *, dry_run: bool) -> JsonObject:
        """Show what would be archived, or start to archive it; a simulation already cleaned up has nothing left.

        Raises:
            SimulationNotFoundError: no simulation has this id.
            SimulationRunningError: it is still running.
            JobRunningError: another job is running on it.
        """
        self._require_ended(files, now)
        is_taken_back = _is_taken_back(files)
        answer = {"simulationId": files.simulation_id, "dryRun": dry_run, "takenBack": is_taken_back}
        if dry_run or is_taken_back:
            return answer | preview_cleanup(files)
        job = self._new_job(JobKind.CLEANUP, files.simulation_id, now)
        with self.job_locks.acquire(files, job):
            self._require_ended(files, now)
            if _is_taken_back(files):
                raise SimulationCleanedUpError(files.simulation_id, is_complete=True)
            answer |= preview_cleanup(files)
            self._start(JobKind.CLEANUP, files.simulation_id, job)
        return answer | {"executionArn": job.execution, "job": job.name}

    def resume(self, files: SimulationFiles, now: datetime) -> JsonObject:
        """Continue a run that failed or lost a batch, or retry what was refused in one that ended.

        Raises:
            SimulationNotFoundError: no simulation has this id.
            SimulationRunningError: it is still running, so there is nothing to resume.
            SimulationAbortedError: it was aborted, which is final.
            SimulationCleanedUpError: a clean-up of it has begun.
            JobRunningError: another job is running on it.
        """
        self._require_resumable(files, now)
        simulation_id = files.simulation_id
        job = JobRecord(action=RESUME, execution=self.simulations.next_execution(simulation_id), since=now)
        with self.job_locks.acquire(files, job) as lock:
            status = self._require_resumable(files, now)
            answer: JsonObject = {"simulationId": simulation_id, "failed": self.simulations.count_refused(status)}
            if can_continue(files, status):
                arn = self.simulations.resume(simulation_id, lock.move)
                return answer | {"action": "continue", "executionArn": arn}
            if answer["failed"] == 0:
                lock.release()
                return answer | {"action": "nothing"}
            repair = self._new_job(JobKind.REPAIR, simulation_id, now)
            lock.replace(repair)
            self._start(JobKind.REPAIR, simulation_id, repair)
        return answer | {"action": "repair", "executionArn": repair.execution}

    def abort(self, files: SimulationFiles, now: datetime) -> JsonObject:
        """Stop a run permanently and start to record what it left unwritten; aborting again changes nothing.

        The marker comes first: from then on no writer sends anything, whether or not Step Functions has stopped.

        Raises:
            SimulationNotFoundError: no simulation has this id.
            SimulationEndedError: it ended on its own.
            JobRunningError: another job is running on it; a resumed run does not count.
        """
        simulation_id = files.simulation_id
        answer: JsonObject = {"simulationId": simulation_id, "status": RunState.ABORTED}
        if self._was_aborted(files.simulation_id) and read_cleanup(files) is not None:
            return answer
        job = self._new_job(JobKind.ABORT, simulation_id, now)
        with self.job_locks.acquire(files, job, over=(RESUME,)):
            if not self._was_aborted(files.simulation_id):
                self._mark_and_stop(files, now)
            self._start(JobKind.ABORT, simulation_id, job)
        return answer

    def _mark_and_stop(self, files: SimulationFiles, now: datetime) -> None:
        """Mark a run as aborted and stop its execution; if it has ended in the meantime, void the marker."""
        write_abort_marker(files, AbortMarker(at=now))
        self._stop(files.simulation_id)
        try:
            self._was_aborted(files.simulation_id)
        except SimulationEndedError:
            write_abort_marker(files, AbortMarker(at=now, is_void=True))
            raise
        cloudwatch_metrics.record(Metric.SIMULATIONS_ABORTED)

    def _was_aborted(self, simulation_id: str) -> bool:
        """Whether a run was already aborted; raises if it ended on its own."""
        state = self.simulations.status(simulation_id).status
        if state.is_final and state is not RunState.ABORTED:
            raise SimulationEndedError(simulation_id)
        return state is RunState.ABORTED

    def _stop(self, simulation_id: str) -> None:
        """Stop the execution and its children; do nothing if it has just ended."""
        arn = self.simulations.execution_arn(simulation_id)
        try:
            self.step_functions.stop_execution(executionArn=arn, error="Aborted", cause="aborted by an operator")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ALREADY_ENDED:
                raise

    def _require_ended(self, files: SimulationFiles, now: datetime) -> RunStatus:
        """Return the status of an ended simulation; if a resumed run is active, the error names that job."""
        status = self.simulations.status(files.simulation_id)
        if not status.status.is_final:
            self.job_locks.require_none(files, now)
            raise SimulationRunningError(files.simulation_id)
        return status

    def _require_resumable(self, files: SimulationFiles, now: datetime) -> RunStatus:
        status = self._require_ended(files, now)
        cleanup = read_cleanup(files)
        if cleanup is not None:
            raise SimulationCleanedUpError(files.simulation_id, is_complete=cleanup.done)
        if read_abort_marker(files) is not None:
            raise SimulationAbortedError(files.simulation_id)
        return status

    def _new_job(self, action: JobKind, simulation_id: str, now: datetime) -> JobRecord:
        name = f"{action}-{simulation_id[:MAX_NAME_CHARACTERS]}-{now.astimezone(UTC):%Y%m%dt%H%M%S%f}"
        executions = self.machine.replace(":stateMachine:", ":execution:")
        return JobRecord(action=action, execution=f"{executions}:{name}", since=now)

    def _start(self, action: JobKind, simulation_id: str, job: JobRecord) -> None:
        job_input = json.dumps({"simulationId": simulation_id, "action": action})
        self.step_functions.start_execution(stateMachineArn=self.machine, name=job.name, input=job_input)
