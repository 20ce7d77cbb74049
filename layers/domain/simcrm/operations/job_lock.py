"""Allow one job per simulation at a time: clean-up, repair, abort, or a resumed run.

A job is not released when it ends, so a process that dies cannot block the next job: Step Functions is asked each time
whether the recorded job is still running.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from simcrm.core.errors import JobRunningError, SimCrmError, SimulationNotFoundError, SimulationRunningError
from simcrm.jobs.action import EXPIRE
from simcrm.operations.executions import NOT_FOUND_CODES
from simcrm.storage import file_names
from simcrm.storage.job_record import JobRecord, JobSlot, read_job
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

START_GRACE = timedelta(seconds=60)
"""How long a job may have no execution: its caller has 28 s to start one, and Step Functions may lag."""

RUNNING_STATUSES = {"RUNNING", "PENDING_REDRIVE"}


@dataclass(slots=True)
class JobLock:
    """A job that no one else can acquire while its execution is running or about to start.

    As a context manager, it is released if its block's request is rejected. If it is unknown whether the execution was
    started, the job stays locked until Step Functions can tell.
    """

    files: SimulationFiles
    job: JobRecord
    version: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        if error_type is not None and issubclass(error_type, (SimCrmError, ClientError)):
            self.release()

    def move(self, execution: str) -> None:
        """Record another execution for the job, before that execution is started.

        Raises:
            SimulationRunningError: the lock has been taken by someone else.
        """
        self.replace(self.job.model_copy(update={"execution": execution}))

    def replace(self, job: JobRecord) -> None:
        """Record another job instead, before its execution is started.

        Raises:
            SimulationRunningError: the lock has been taken by someone else.
        """
        self.job = job
        try:
            self.version = self.files.write_version(file_names.JOB, JobSlot(job=self.job), self.version)
        except ConcurrentWriteError as error:
            raise SimulationRunningError(self.files.simulation_id) from error

    def release(self) -> None:
        """Release the job because its execution was not started."""
        with suppress(ConcurrentWriteError):  # taken by someone else
            self.files.write_version(file_names.JOB, JobSlot(), self.version)


@dataclass(frozen=True, slots=True)
class JobLocks:
    """The job locks of one deployment."""

    step_functions: "SFNClient"

    def require_none(self, files: SimulationFiles, now: datetime) -> None:
        """Require that a simulation has no job.

        Raises:
            JobRunningError: the simulation has a job.
            SimulationNotFoundError: its data is being deleted.
        """
        self._require_ended(files, read_job(files), now, ())

    def acquire(self, files: SimulationFiles, job: JobRecord, over: Collection[str] = ()) -> JobLock:
        """Acquire a simulation's job for an execution that is running or about to start.

        The end of that execution releases the job. ``over`` lists actions whose running executions do not block,
        because the new job ends them.

        Raises:
            JobRunningError: the simulation has a job.
            SimulationNotFoundError: its data is being deleted.
        """
        while True:
            found, version = files.read_version(file_names.JOB, JobSlot)
            self._require_ended(files, None if found is None else found.job, job.since, over)
            try:
                return JobLock(files, job, files.write_version(file_names.JOB, JobSlot(job=job), version))
            except ConcurrentWriteError:
                continue

    def _require_ended(
        self, files: SimulationFiles, job: JobRecord | None, now: datetime, over: Collection[str]
    ) -> None:
        if job is None:
            return
        if job.action == EXPIRE and EXPIRE not in over:
            raise SimulationNotFoundError(files.simulation_id)
        status = self._status(job)
        blocks = (
            now - job.since < START_GRACE if status is None else status in RUNNING_STATUSES and job.action not in over
        )
        if blocks:
            raise JobRunningError(files.simulation_id, job.action, job.since, job.execution)

    def _status(self, job: JobRecord) -> str | None:
        """Return the Step Functions status of the job's execution; None if there is no such execution."""
        try:
            return self.step_functions.describe_execution(executionArn=job.execution)["status"]
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_FOUND_CODES:
                return None
            raise
