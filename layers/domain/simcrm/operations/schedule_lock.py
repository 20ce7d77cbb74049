"""Whose turn it is: of the firings of a schedule that may not overlap, one runs at a time."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from simcrm.core import log
from simcrm.models.schedule import Overlap, ScheduledBy
from simcrm.planning.plan_simulation import PlanRequest
from simcrm.storage.run_status import Failure, State, Status, write_status
from simcrm.storage.simulation_files import Artifacts, StaleWriteError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CODE = "SCHEDULE_OVERLAP"


class Turn(BaseModel):
    """The simulation that a schedule has started last."""

    holder: str


class Turns(Artifacts):
    """A document for each schedule; names are those of the schedules."""

    def __init__(self, s3: "S3Client", bucket: str, has_ended: Callable[[str], bool]) -> None:
        super().__init__(s3, bucket, "")
        self._has_ended = has_ended

    def key(self, name: str) -> str:
        """Where a schedule's turn is."""
        return f"config/schedules/{name}.json"

    def take(self, schedule: ScheduledBy, simulation_id: str) -> str | None:
        """Take the turn, and None; or, with nothing taken, the simulation that has it and has not ended.

        Two that try at once do not both get it. Taking it again is the same.
        """
        if schedule.overlap is Overlap.ALLOW:
            return None
        while True:
            turn, version = self.read_version(schedule.name, Turn)
            if turn is not None and turn.holder == simulation_id:
                return None
            if turn is not None and not self._has_ended(turn.holder):
                return turn.holder
            try:
                self.write_version(schedule.name, Turn(holder=simulation_id), version)
            except StaleWriteError:
                continue
            return None


def refuse(request: PlanRequest, artifacts: Artifacts, schedule: ScheduledBy, holder: str, now: datetime) -> None:
    """Record that a firing was not started, and why; a resume starts it all the same."""
    document = request.document
    reason = (
        f"Not started: {holder}, which schedule {schedule.name} has started before, still runs. "
        f"Resume {request.simulation_id} to start it all the same."
    )
    status = Status(
        simulation_id=request.simulation_id,
        status=State.ABORTED,
        planned=document.get("totalRecords") or document.get("total_records") or 0,
        started_at=request.started_at,
        ended_at=now,
        error=Failure(code=CODE, message=reason),
    )
    write_status(artifacts, status)
    log.event(
        "SIMULATION_REFUSED",
        "the schedule's run before has not ended",
        simulationId=request.simulation_id,
        schedule=schedule.name,
        holder=holder,
    )
