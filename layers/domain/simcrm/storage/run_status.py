"""A simulation's status as a document that outlives cache and execution history."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles


class RunState(StrEnum):
    """Where a simulation stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    ABORTED = "ABORTED"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen without a resume."""
        return self not in {RunState.QUEUED, RunState.RUNNING}


class RunFailure(BaseModel):
    """Why a simulation failed or arrived in part: a stable code and a sentence that says what to do."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str


class StopReason(BaseModel):
    """What stops a run early; None once a resume has taken it up again."""

    reason: RunFailure | None = None


class RunStatus(BaseModel):
    """What is known of a simulation without asking Step Functions or the cache.

    ``attempt`` counts its executions: each resume is one more. Figures are None until the run has ended, and
    ``hubspot_calls`` stays so where the cache that counts them was away. ``missing`` are planned objects that are
    neither in the portal nor refused: their batch failed.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    simulation_id: str
    status: RunState
    planned: int
    attempt: int = 1
    started_at: datetime
    ended_at: datetime | None = None
    counts: dict[ObjectType, int] | None = None
    failed: int | None = None
    missing: int | None = None
    aborted: int = 0
    hubspot_calls: int | None = None
    error: RunFailure | None = None


RESET_ON_RESUME = {
    "ended_at": None,
    "counts": None,
    "failed": None,
    "missing": None,
    "hubspot_calls": None,
    "error": None,
}
"""What a resumed run no longer knows: the counters say it until it ends."""


def read_status(files: SimulationFiles) -> RunStatus | None:
    """The recorded status, or None before the plan has run."""
    return files.read(file_names.STATUS, RunStatus)


def write_status(files: SimulationFiles, status: RunStatus) -> None:
    """Record a status, replacing the older one."""
    files.write(file_names.STATUS, status)


def write_stop_reason(files: SimulationFiles, failure: RunFailure) -> None:
    """Keep the reason that stops a run, for the status; of several the first one, which the others may follow from."""
    stop, version = files.read_version(file_names.STOP, StopReason)
    if stop is not None and stop.reason is not None:
        return
    try:
        files.write_version(file_names.STOP, StopReason(reason=failure), version)
    except ConcurrentWriteError:  # another writer was first
        return


def clear_stop_reason(files: SimulationFiles) -> None:
    """Begin without the reason that stopped an earlier attempt."""
    files.write(file_names.STOP, StopReason(reason=None))
