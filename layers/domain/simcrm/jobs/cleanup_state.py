"""How far a clean-up is, and what that means for whoever looks at its simulation: counts, rows, documents."""

from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles


class CleanupState(BaseModel):
    """How far a clean-up is: objects archived by type, records that were left because they are somebody else's, too.

    ``job`` is the request it serves, the latest one where there are several; their names sort by time. ``left`` are
    the ids of what was left, by type, and ``foreign`` is their number. ``batch`` is the last batch of the ledger that
    is done, ``chunks`` how many calls are of what follows it, ``is_ledger_done`` that only searches are left to do.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    job: str = ""
    archived: dict[ObjectType, int] = {}
    foreign: int = 0
    left: dict[ObjectType, list[str]] = {}
    batch: int = -1
    chunks: int = 0
    is_ledger_done: bool = False
    quiet_looks: int = 0
    done: bool = False
    done_at: AwareDatetime | None = None


def read_cleanup(files: SimulationFiles) -> CleanupState | None:
    """The progress of a clean-up, or None where none was begun."""
    return files.read(file_names.CLEANUP, CleanupState)


def remaining(written: Mapping[ObjectType, int], state: CleanupState | None) -> dict[ObjectType, int]:
    """How many of a simulation's objects are in the portal now, by type, of those that were written.

    What a clean-up left because it is somebody else's is not the simulation's any more.
    """
    if state is None:
        return dict(written)
    return {kind: 0 if state.done else max(0, count - state.archived.get(kind, 0)) for kind, count in written.items()}


def apply_cleanup(entry: LedgerEntry, state: CleanupState | None) -> LedgerEntry:
    """An entry of the ledger as it stands now: taken back, unless it was left in the portal."""
    if state is None or not state.done or entry.outcome is not LedgerOutcome.WRITTEN:
        return entry
    if entry.hubspot_id in state.left.get(entry.object_type, ()):
        return entry
    return entry.model_copy(update={"outcome": LedgerOutcome.TAKEN_BACK})


def cleanup_document(state: CleanupState | None) -> JsonObject:
    """``takenBack``, and ``cleanup`` with how far it is where one was begun."""
    if state is None:
        return {"takenBack": False}
    shown = {"job": state.job, "done": state.done, "archived": state.archived, "foreign": state.foreign}
    ended = {} if state.done_at is None else {"doneAt": to_iso_utc(state.done_at)}
    return {"takenBack": state.done, "cleanup": shown | ended}
