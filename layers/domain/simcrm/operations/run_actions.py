"""What can be asked of a simulation that has ended: clean-up and resume. Answers are documents of the API."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.errors import (
    SimulationAbortedError,
    SimulationEndedError,
    SimulationRunningError,
    SimulationTakenBackError,
)
from simcrm.core.json_types import JsonObject
from simcrm.jobs.action import RESUME, Action
from simcrm.jobs.clean_up import preview
from simcrm.jobs.cleanup_state import read_cleanup
from simcrm.jobs.run_outcome import NOTHING_ARRIVED
from simcrm.jobs.unfinished_batches import has_gaps
from simcrm.operations.job_lock import Jobs
from simcrm.operations.simulations import Simulations
from simcrm.storage.abort_marker import Abort, read_abort, write_abort
from simcrm.storage.job_record import Job
from simcrm.storage.run_status import State, Status
from simcrm.storage.simulation_files import Artifacts

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NAME_CHARACTERS = 50
ENDED = {"ValidationException", "ExecutionDoesNotExist"}


def goes_on(artifacts: Artifacts, status: Status) -> bool:
    """Whether a run that has ended has something left to do, other than to try again what was refused.

    One that was stopped has; one that came to its end has where batches of it failed on the way.
    """
    has_nothing = status.error is not None and status.error.code == NOTHING_ARRIVED
    came_to_its_end = status.status in {State.SUCCEEDED, State.PARTIAL} or has_nothing
    return not came_to_its_end or has_gaps(artifacts, status)


def _is_taken_back(artifacts: Artifacts) -> bool:
    state = read_cleanup(artifacts)
    return state is not None and state.done


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The jobs of one deployment."""

    step_functions: "SFNClient"
    machine: str
    simulations: Simulations

    @property
    def jobs(self) -> Jobs:
        """Which of them run."""
        return Jobs(self.step_functions)

    def cleanup(self, artifacts: Artifacts, now: datetime, *, dry_run: bool) -> JsonObject:
        """Show what would be archived, or begin to archive it; what was taken back already has nothing to offer.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationRunningError: it still writes.
            JobRunningError: something else is done with it.
        """
        self._require_ended(artifacts, now)
        is_taken_back = _is_taken_back(artifacts)
        found = {"simulationId": artifacts.simulation_id, "dryRun": dry_run, "takenBack": is_taken_back}
        if dry_run or is_taken_back:
            return found | preview(artifacts)
        job = self._job(Action.CLEANUP, artifacts.simulation_id, now)
        with self.jobs.held(artifacts, job):
            self._require_ended(artifacts, now)
            if _is_taken_back(artifacts):
                raise SimulationTakenBackError(artifacts.simulation_id, is_complete=True)
            found |= preview(artifacts)
            self._start(Action.CLEANUP, artifacts.simulation_id, job)
        return found | {"executionArn": job.execution, "job": job.name}

    def resume(self, artifacts: Artifacts, now: datetime) -> JsonObject:
        """Let a run that failed or lost a batch go on, or write again what was refused in one that ended.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationRunningError: there is nothing to resume yet.
            SimulationAbortedError: it was aborted, which is for good.
            SimulationTakenBackError: a clean-up has begun to take it back.
            JobRunningError: something else is done with it.
        """
        self._require_resumable(artifacts, now)
        simulation_id = artifacts.simulation_id
        job = Job(action=RESUME, execution=self.simulations.next_execution(simulation_id), since=now)
        with self.jobs.held(artifacts, job) as lock:
            status = self._require_resumable(artifacts, now)
            answer: JsonObject = {"simulationId": simulation_id, "failed": self.simulations.refused(status)}
            if goes_on(artifacts, status):
                arn = self.simulations.take_up(simulation_id, lock.move)
                return answer | {"action": "continue", "executionArn": arn}
            if answer["failed"] == 0:
                lock.release()
                return answer | {"action": "nothing"}
            repair = self._job(Action.REPAIR, simulation_id, now)
            lock.replace(repair)
            self._start(Action.REPAIR, simulation_id, repair)
        return answer | {"action": "repair", "executionArn": repair.execution}

    def abort(self, artifacts: Artifacts, now: datetime) -> JsonObject:
        """Stop a run for good and begin to ledger what it leaves; aborting again changes nothing.

        The marker comes first: from then on no writer sends anything, whether or not Step Functions has stopped.

        Raises:
            SimulationNotFoundError: there is none with this id.
            SimulationEndedError: it ended by itself.
            JobRunningError: something else is done with it; a run that was resumed is no such thing.
        """
        simulation_id = artifacts.simulation_id
        answer: JsonObject = {"simulationId": simulation_id, "status": State.ABORTED}
        if self._is_over(artifacts.simulation_id) and read_cleanup(artifacts) is not None:
            return answer
        job = self._job(Action.ABORT, simulation_id, now)
        with self.jobs.held(artifacts, job, over=(RESUME,)):
            if not self._is_over(artifacts.simulation_id):
                self._end(artifacts, now)
            self._start(Action.ABORT, simulation_id, job)
        return answer

    def _end(self, artifacts: Artifacts, now: datetime) -> None:
        """Mark a run as aborted and stop its execution; one that has ended meanwhile loses the mark again."""
        write_abort(artifacts, Abort(at=now))
        self._stop(artifacts.simulation_id)
        try:
            self._is_over(artifacts.simulation_id)
        except SimulationEndedError:
            write_abort(artifacts, Abort(at=now, is_void=True))
            raise
        cloudwatch_metrics.add(Measure.SIMULATIONS_ABORTED)

    def _is_over(self, simulation_id: str) -> bool:
        """Whether a run was aborted already; one that ended by itself is an error."""
        state = self.simulations.status(simulation_id).status
        if state.is_final and state is not State.ABORTED:
            raise SimulationEndedError(simulation_id)
        return state is State.ABORTED

    def _stop(self, simulation_id: str) -> None:
        """Stop the execution and its children; where it has just ended there is nothing to stop."""
        arn = self.simulations.execution_arn(simulation_id)
        try:
            self.step_functions.stop_execution(executionArn=arn, error="Aborted", cause="aborted by an operator")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ENDED:
                raise

    def _require_ended(self, artifacts: Artifacts, now: datetime) -> Status:
        """The status of a simulation that has ended; where a resume made it run again, that is named."""
        status = self.simulations.status(artifacts.simulation_id)
        if not status.status.is_final:
            self.jobs.require_none(artifacts, now)
            raise SimulationRunningError(artifacts.simulation_id)
        return status

    def _require_resumable(self, artifacts: Artifacts, now: datetime) -> Status:
        status = self._require_ended(artifacts, now)
        cleanup = read_cleanup(artifacts)
        if cleanup is not None:
            raise SimulationTakenBackError(artifacts.simulation_id, is_complete=cleanup.done)
        if read_abort(artifacts) is not None:
            raise SimulationAbortedError(artifacts.simulation_id)
        return status

    def _job(self, action: Action, simulation_id: str, now: datetime) -> Job:
        name = f"{action}-{simulation_id[:NAME_CHARACTERS]}-{now.astimezone(UTC):%Y%m%dt%H%M%S%f}"
        executions = self.machine.replace(":stateMachine:", ":execution:")
        return Job(action=action, execution=f"{executions}:{name}", since=now)

    def _start(self, action: Action, simulation_id: str, job: Job) -> None:
        given = json.dumps({"simulationId": simulation_id, "action": action})
        self.step_functions.start_execution(stateMachineArn=self.machine, name=job.name, input=given)
