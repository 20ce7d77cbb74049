"""Which job a simulation has: one document, changed by conditional writes alone, so that no two requests win."""

from pydantic import AwareDatetime, BaseModel

from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


class JobRecord(BaseModel):
    """A job that was begun: what it does, the ARN of the execution that does it, when it was asked for."""

    action: str
    execution: str
    since: AwareDatetime

    @property
    def name(self) -> str:
        """The name of its execution, which the functions of that execution know."""
        return self.execution.rpartition(":")[2]


class JobSlot(BaseModel):
    """The last job of a simulation, None where its start was refused; whether it still runs is not recorded here."""

    job: JobRecord | None = None


def read_job(files: SimulationFiles) -> JobRecord | None:
    """The last job that was begun, whether or not it still runs."""
    slot = files.read(file_names.JOB, JobSlot)
    return None if slot is None else slot.job
