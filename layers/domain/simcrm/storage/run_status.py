"""A simulation's status as a document that outlives cache and execution history."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts, StaleWriteError


class State(StrEnum):
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
        return self not in {State.QUEUED, State.RUNNING}


class Failure(BaseModel):
    """Why a simulation failed or arrived in part: a stable code and a sentence that says what to do."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str


class Stop(BaseModel):
    """What stops a run early; None once a resume has taken it up again."""

    reason: Failure | None = None


class Status(BaseModel):
    """What is known of a simulation without asking Step Functions or the cache.

    ``attempt`` counts its executions: each resume is one more. Figures are None until the run has ended, and
    ``hubspot_calls`` stays so where the cache that counts them was away. ``missing`` are planned objects that are
    neither in the portal nor refused: their batch failed.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    simulation_id: str
    status: State
    planned: int
    attempt: int = 1
    started_at: datetime
    ended_at: datetime | None = None
    counts: dict[ObjectType, int] | None = None
    failed: int | None = None
    missing: int | None = None
    aborted: int = 0
    hubspot_calls: int | None = None
    error: Failure | None = None


REOPENED = {"ended_at": None, "counts": None, "failed": None, "missing": None, "hubspot_calls": None, "error": None}
"""What a resumed run no longer knows: the counters say it until it ends."""


def read_status(artifacts: Artifacts) -> Status | None:
    """The recorded status, or None before the plan has run."""
    return artifacts.read(file_names.STATUS, Status)


def write_status(artifacts: Artifacts, status: Status) -> None:
    """Record a status, replacing the older one."""
    artifacts.write(file_names.STATUS, status)


def note_stop(artifacts: Artifacts, failure: Failure) -> None:
    """Keep the reason that stops a run, for the status; of several the first one, which the others may follow from."""
    stop, version = artifacts.read_version(file_names.STOP, Stop)
    if stop is not None and stop.reason is not None:
        return
    try:
        artifacts.write_version(file_names.STOP, Stop(reason=failure), version)
    except StaleWriteError:  # another writer was first
        return


def forget_stop(artifacts: Artifacts) -> None:
    """Begin without the reason that stopped an earlier attempt."""
    artifacts.write(file_names.STOP, Stop(reason=None))
