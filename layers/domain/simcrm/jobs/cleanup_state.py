"""Progress of a clean-up and its effect on views of the simulation: counts, rows, documents."""

from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm.storage import file_names
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles


class CleanupState(BaseModel):
    """Progress of a clean-up: archived objects by type, and objects left in place because they are also someone else's.

    ``job`` is the latest request that it serves; job names sort by time. ``foreign_ids`` holds the ids of the objects
    left in place, by type; ``foreign_count`` is their number. ``batch`` is the last ledger batch that is done,
    ``chunks`` the number of calls done after it. ``is_ledger_done`` means that only searches remain, ``empty_searches``
    counts the latest ones that found nothing.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    job: str = ""
    archived: dict[ObjectType, int] = {}
    foreign_count: int = Field(default=0, alias="foreign")
    foreign_ids: dict[ObjectType, list[str]] = Field(default={}, alias="left")
    batch: int = -1
    chunks: int = 0
    is_ledger_done: bool = False
    empty_searches: int = Field(default=0, alias="quietLooks")
    done: bool = False
    done_at: AwareDatetime | None = None


def read_cleanup(files: SimulationFiles) -> CleanupState | None:
    """Return the progress of a clean-up, or None if none was started."""
    return files.read(file_names.CLEANUP, CleanupState)


def remaining(written: Mapping[ObjectType, int], state: CleanupState | None) -> dict[ObjectType, int]:
    """Return how many of the written objects are still in the portal, by type.

    Objects that a clean-up left in place because they are also someone else's no longer count as the simulation's.
    """
    if state is None:
        return dict(written)
    return {kind: 0 if state.done else max(0, count - state.archived.get(kind, 0)) for kind, count in written.items()}


def apply_cleanup(entry: LedgerEntry, state: CleanupState | None) -> LedgerEntry:
    """Return a ledger entry as of now: a written object is ``TAKEN_BACK`` after a clean-up unless it was left."""
    if state is None or not state.done or entry.outcome is not LedgerOutcome.WRITTEN:
        return entry
    if entry.hubspot_id in state.foreign_ids.get(entry.object_type, ()):
        return entry
    return entry.model_copy(update={"outcome": LedgerOutcome.TAKEN_BACK})


def cleanup_document(state: CleanupState | None) -> JsonObject:
    """Return ``takenBack``, and the progress as ``cleanup`` if a clean-up was started."""
    if state is None:
        return {"takenBack": False}
    shown = {
        "job": state.job,
        "done": state.done,
        "archived": by_json_name(state.archived),
        "foreign": state.foreign_count,
    }
    ended = {} if state.done_at is None else {"doneAt": to_iso_utc(state.done_at)}
    return {"takenBack": state.done, "cleanup": shown | ended}
