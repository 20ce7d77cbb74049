"""Allow only one run at a time for a schedule whose runs must not overlap."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from simcrm.core.log import log_event
from simcrm.models.schedule import Overlap, ScheduleReference
from simcrm.planning.plan_simulation import PlanRequest
from simcrm.storage.run_status import RunFailure, RunState, RunStatus, write_status
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OVERLAP_CODE = "SCHEDULE_OVERLAP"


class ScheduleLockState(BaseModel):
    """The simulation that a schedule started last."""

    holder: str


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
            turn, version = self.read_version(schedule.name, ScheduleLockState)
            if turn is not None and turn.holder == simulation_id:
                return None
            if turn is not None and not self._has_ended(turn.holder):
                return turn.holder
            try:
                self.write_version(schedule.name, ScheduleLockState(holder=simulation_id), version)
            except ConcurrentWriteError:
                continue
            return None


def record_skipped_run(
    request: PlanRequest, files: SimulationFiles, schedule: ScheduleReference, owner: str, now: datetime
) -> None:
    """Record that a scheduled run was not started, and why; it can still be started by a resume."""
    document = request.document
    reason = (
        f"Not started: {owner}, started earlier by schedule {schedule.name}, is still running. "
        f"Resume {request.simulation_id} to start it anyway."
    )
    status = RunStatus(
        simulation_id=request.simulation_id,
        status=RunState.ABORTED,
        planned=document.get("totalRecords") or document.get("total_records") or 0,
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
