"""The files of a step's rows: each is written once, even if its step is retried, redriven or resumed."""

from dataclasses import dataclass, field

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.simulation_files import SimulationFiles


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """Where the rows of a step are stored, and how many there are."""

    source: str
    count: int
    was_created: bool
    rows: tuple[JsonObject, ...] = field(default=(), compare=False)
    """The rows that were stored by this call."""

    @property
    def text_indexes(self) -> tuple[int, ...]:
        """The contact of each stored row that has text."""
        return tuple(row["index"] for row in self.rows if row.get("type") != ObjectType.CONTACTS or row.get("isNew"))

    @property
    def new_contacts(self) -> tuple[int, ...]:
        """The contact of each stored row that creates one."""
        return tuple(row["index"] for row in self.rows if "type" not in row or row.get("isNew"))


def write_once(files: SimulationFiles, name: str, rows: list[JsonObject]) -> GeneratedFile:
    """Store the rows of a step, unless an earlier attempt has done so."""
    existing = files.read_lines(name)
    if existing is not None:
        return GeneratedFile(name, len(existing), was_created=False)
    files.write_lines(name, rows)
    return GeneratedFile(name, len(rows), was_created=True, rows=tuple(rows))
