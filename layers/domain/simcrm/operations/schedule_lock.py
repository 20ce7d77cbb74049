"""Allow only one run at a time for a schedule whose runs must not overlap."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from simcrm.core.log import log_event
from simcrm.models.schedule import Overlap, ScheduleReference
from simcrm.models.simulation_input import requested_records
from simcrm.planning.plan_simulation import PlanRequest
from simcrm.storage.run_status import RunFailure, RunState, RunStatus, write_status
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OVERLAP_CODE = "SCHEDULE_OVERLAP"


class ScheduleLockState(BaseModel):
    """The simulation that a schedule started last."""

    model_config = ConfigDict(populate_by_name=True)

    simulation_id: str = Field(alias="holder")


class ScheduleLock(SimulationFiles):
    """One lock document per schedule, named after the schedule."""

    def __init__(self, s3: "S3Client", bucket: str, has_ended: Callable[[str], bool]) -> None:
        super().__init__(s3, bucket, "")
        self._has_ended = has_ended

    def key(self, name: str) -> str:
        """Return the key of a schedule's lock."""
        return f"config/schedules/{name}.json"

    def acquire(self, schedule: ScheduleReference, simulation_id: str) -> str | None:
        """Acquire the lock and return None; if a simulation that has not ended holds it, return that simulation.

        Of two concurrent attempts only one succeeds. Acquiring the lock again changes nothing.
        """
        if schedule.overlap is Overlap.ALLOW:
            return None
        while True:
            lock, version = self.read_version(schedule.name, ScheduleLockState)
            if lock is not None and lock.simulation_id == simulation_id:
                return None
            if lock is not None and not self._has_ended(lock.simulation_id):
                return lock.simulation_id
            try:
                self.write_version(schedule.name, ScheduleLockState(simulation_id=simulation_id), version)
            except ConcurrentWriteError:
                continue
            return None


def skip_overlapping_run(
    lock: ScheduleLock, schedule: ScheduleReference, request: PlanRequest, files: SimulationFiles, now: datetime
) -> bool:
    """Acquire a schedule's lock for a run, or record that it was skipped; return whether it was."""
    owner = lock.acquire(schedule, request.simulation_id)
    if owner is not None:
        record_skipped_run(request, files, schedule, owner, now)
    return owner is not None


def record_skipped_run(
    request: PlanRequest, files: SimulationFiles, schedule: ScheduleReference, owner: str, now: datetime
) -> None:
    """Record that a scheduled run was not started, and why; it can still be started by a resume."""
    reason = (
        f"Not started: {owner}, started earlier by schedule {schedule.name}, is still running. "
        f"Resume {request.simulation_id} to start it anyway."
    )
    status = RunStatus(
        simulation_id=request.simulation_id,
        status=RunState.ABORTED,
        planned=requested_records(request.document),
        started_at=request.started_at,
        ended_at=now,
        error=RunFailure(code=OVERLAP_CODE, message=reason),
    )
    write_status(files, status)
    log_event(
        "SIMULATION_REFUSED",
        "the schedule's previous run has not ended",
        simulationId=request.simulation_id,
        schedule=schedule.name,
        holder=owner,
    )
