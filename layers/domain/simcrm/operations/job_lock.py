"""One job of a simulation at a time: clean-up, repair, abort, or a run that goes on.

Nobody gives a job back when it ends, so none is kept from the next by a process that died: whether the recorded job
still runs is asked of Step Functions each time.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from simcrm.core.errors import JobRunningError, SimCrmError, SimulationNotFoundError, SimulationRunningError
from simcrm.jobs.action import EXPIRE
from simcrm.operations.executions import GONE
from simcrm.storage import file_names
from simcrm.storage.job_record import HeldJob, Job, read_job
from simcrm.storage.simulation_files import Artifacts, StaleWriteError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

START = timedelta(seconds=60)
"""How long a job may have no execution: whoever recorded it has 28 s to start that, and Step Functions may lag."""

RUNNING = {"RUNNING", "PENDING_REDRIVE"}


@dataclass(slots=True)
class HeldLock:
    """A job that nobody else can take while its execution runs or is about to be started."""

    artifacts: Artifacts
    job: Job
    version: str

    def move(self, execution: str) -> None:
        """Record another execution for the job, before that is started.

        Raises:
            SimulationRunningError: somebody else has the job by now.
        """
        self.replace(self.job.model_copy(update={"execution": execution}))

    def replace(self, job: Job) -> None:
        """Record another job instead, before its execution is started.

        Raises:
            SimulationRunningError: somebody else has the job by now.
        """
        self.job = job
        try:
            self.version = self.artifacts.write_version(file_names.JOB, HeldJob(job=self.job), self.version)
        except StaleWriteError as error:
            raise SimulationRunningError(self.artifacts.simulation_id) from error

    def release(self) -> None:
        """Give the job back, because its execution was not started."""
        with suppress(StaleWriteError):  # somebody else's by now
            self.artifacts.write_version(file_names.JOB, HeldJob(), self.version)


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one deployment."""

    step_functions: "SFNClient"

    def require_none(self, artifacts: Artifacts, now: datetime) -> None:
        """Let nothing begin beside a job.

        Raises:
            JobRunningError: there is one.
            SimulationNotFoundError: its data is being deleted.
        """
        self._require_over(artifacts, read_job(artifacts), now, ())

    @contextmanager
    def held(self, artifacts: Artifacts, job: Job, over: Collection[str] = ()) -> Iterator[HeldLock]:
        """Take a simulation's job for the time it takes to start its execution.

        Where the block is refused what it asked for, the job is given back. Where it is not known whether the
        execution was started, the job stays taken until Step Functions can tell. ``over`` are actions whose running
        executions do not count, because the new job ends them.

        Raises:
            JobRunningError: the simulation has a job.
            SimulationNotFoundError: its data is being deleted.
        """
        lock = self.take(artifacts, job, over)
        try:
            yield lock
        except (SimCrmError, ClientError):
            lock.release()
            raise

    def take(self, artifacts: Artifacts, job: Job, over: Collection[str] = ()) -> HeldLock:
        """Take a simulation's job for an execution that runs already, which gives it back by its end alone.

        Raises:
            JobRunningError: the simulation has a job.
            SimulationNotFoundError: its data is being deleted.
        """
        while True:
            found, version = artifacts.read_version(file_names.JOB, HeldJob)
            self._require_over(artifacts, None if found is None else found.job, job.since, over)
            try:
                return HeldLock(artifacts, job, artifacts.write_version(file_names.JOB, HeldJob(job=job), version))
            except StaleWriteError:
                continue

    def _require_over(self, artifacts: Artifacts, job: Job | None, now: datetime, over: Collection[str]) -> None:
        if job is None:
            return
        if job.action == EXPIRE and EXPIRE not in over:
            raise SimulationNotFoundError(artifacts.simulation_id)
        status = self._status(job)
        blocks = now - job.since < START if status is None else status in RUNNING and job.action not in over
        if blocks:
            raise JobRunningError(artifacts.simulation_id, job.action, job.since, job.execution)

    def _status(self, job: Job) -> str | None:
        """Step Functions' word for the job's execution, None where there is no such execution."""
        try:
            return self.step_functions.describe_execution(executionArn=job.execution)["status"]
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return None
            raise
