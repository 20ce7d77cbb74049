"""A simulation's status, stored as a document that outlives the cache and the execution history."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles


class RunState(StrEnum):
    """The state of a simulation."""

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
    """Why a simulation failed or only partly arrived: a stable code and a sentence that says what to do."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str


class StopReason(BaseModel):
    """Why a run stopped early; None once it was resumed."""

    reason: RunFailure | None = None


class RunStatus(BaseModel):
    """What is known about a simulation without querying Step Functions or the cache.

    ``attempt`` counts its executions; each resume adds one. Figures are None until the run has ended;
    ``hubspot_calls`` remains None if the cache that counts the calls was unavailable. ``missing`` is the number of
    planned objects that are neither in the portal nor refused because their batch failed, ``skipped`` that of
    properties left as people have changed them.
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
    skipped: int | None = None
    aborted: int = 0
    hubspot_calls: int | None = None
    error: RunFailure | None = None


RESET_ON_RESUME = {
    "ended_at": None,
    "counts": None,
    "failed": None,
    "missing": None,
    "skipped": None,
    "hubspot_calls": None,
    "error": None,
}
"""Fields that a resume resets; the counters provide the figures until the run ends."""


def read_status(files: SimulationFiles) -> RunStatus | None:
    """Return the recorded status, or None before the simulation is planned."""
    return files.read(file_names.STATUS, RunStatus)


def write_status(files: SimulationFiles, status: RunStatus) -> None:
    """Record a status, replacing the previous one."""
    files.write(file_names.STATUS, status)


def write_stop_reason(files: SimulationFiles, failure: RunFailure) -> None:
    """Record why a run stops, for the status; only the first reason is kept, because others may follow from it."""
    stop, version = files.read_version(file_names.STOP, StopReason)
    if stop is not None and stop.reason is not None:
        return
    try:
        files.write_version(file_names.STOP, StopReason(reason=failure), version)
    except ConcurrentWriteError:  # another writer recorded its reason first
        return


def clear_stop_reason(files: SimulationFiles) -> None:
    """Clear the reason that stopped an earlier attempt."""
    files.write(file_names.STOP, StopReason(reason=None))
