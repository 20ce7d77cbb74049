"""A simulation's current job: one document, changed only by conditional writes, so that only one request wins."""

from pydantic import AwareDatetime, BaseModel

from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


class JobRecord(BaseModel):
    """A started job: its action, the ARN of its execution, and when it was requested."""

    action: str
    execution: str
    since: AwareDatetime

    @property
    def name(self) -> str:
        """The name of the execution, which the functions of that execution know."""
        return self.execution.rpartition(":")[2]


class JobSlot(BaseModel):
    """The last job of a simulation, or None if it could not be started; whether it still runs is not recorded here."""

    job: JobRecord | None = None


def read_job(files: SimulationFiles) -> JobRecord | None:
    """Return the last job that was started, whether or not it is still running."""
    slot = files.read(file_names.JOB, JobSlot)
    return None if slot is None else slot.job
