"""The entries of the ledger: how each planned object has ended, and how many have ended how."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.lifecycle_funnel import later_stage, newly_reached


class LedgerOutcome(StrEnum):
    """How an object ended: in the portal, refused by it for good, kept back by a dry run, or left by an abort.

    The ledger keeps what was written; ``TAKEN_BACK`` is what views say of it once a clean-up has archived it.
    """

    WRITTEN = "written"
    REFUSED = "refused"
    DRY_RUN = "dry_run"
    ABORTED = "aborted"
    TAKEN_BACK = "taken_back"


SUCCESSFUL = {LedgerOutcome.WRITTEN, LedgerOutcome.DRY_RUN}

PARENT_MISSING = "is not in the portal"
"""How the reason of an object ends that was refused because of another one, which has a reason of its own."""


class LedgerEntry(BaseModel):
    """One object's end; ``reason`` is HubSpot's own message when it refused the object or one of its associations.

    ``stage`` is the one that a contact has reached with it. ``changed`` are the properties that were sent with another
    value than the generated one, None for those that were left out.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    key: str
    object_type: ObjectType = Field(alias="type")
    outcome: LedgerOutcome
    hubspot_id: str | None = Field(default=None, alias="id")
    reason: str | None = None
    stage: LifecycleStage | None = None
    changed: dict[str, str | None] | None = None

    def apply_changes(self, generated: Properties) -> Properties:
        """The properties as they were sent to the portal."""
        merged = generated | (self.changed or {})
        return {name: value for name, value in merged.items() if value is not None}

    @property
    def is_successful(self) -> bool:
        """Whether the object is in the portal, or would be but for a dry run."""
        return self.outcome in SUCCESSFUL


class LedgerTotals(BaseModel):
    """Counts over a ledger, an object that several batches share counted once; ``settled`` are written and refused."""

    written: dict[ObjectType, int]
    refused: int
    settled: dict[ObjectType, int] = {}
    aborted: int = 0
    funnel: dict[LifecycleStage, int] = {}

    @classmethod
    def from_entries(cls, entries: Iterable[LedgerEntry]) -> Self:
        """Count what is in the portal (or would be, in a dry run) by type, what was refused and what an abort left.

        An object that an abort left in one step and that another step has written is in the portal; so is one that
        was written and of which a later change was refused, which counts among the refused too.
        """
        last: dict[str, LedgerEntry] = {}
        successful: dict[str, ObjectType] = {}
        stages: dict[str, LifecycleStage] = {}
        for entry in entries:
            note_stage(stages, entry)
            if entry.is_successful:
                successful[entry.key] = entry.object_type
            if entry.outcome is not LedgerOutcome.ABORTED or entry.key not in last:
                last[entry.key] = entry
        outcomes = Counter(entry.outcome for entry in last.values())
        written = Counter(successful.values())
        settled = Counter(entry.object_type for entry in last.values() if entry.outcome is not LedgerOutcome.ABORTED)
        return cls(
            written={kind: written[kind] for kind in ObjectType},
            refused=outcomes[LedgerOutcome.REFUSED],
            settled={kind: settled[kind] for kind in ObjectType},
            aborted=outcomes[LedgerOutcome.ABORTED],
            funnel=newly_reached(stages, {}),
        )


def furthest_stages(entries: Iterable[LedgerEntry]) -> dict[str, LifecycleStage]:
    """The furthest stage of each contact that the portal has, by its key."""
    stages: dict[str, LifecycleStage] = {}
    for entry in entries:
        note_stage(stages, entry)
    return stages


def note_stage(stages: dict[str, LifecycleStage], entry: LedgerEntry) -> None:
    """Note the stage of an entry where it is the furthest of its contact."""
    if entry.is_successful and entry.stage is not None:
        stages[entry.key] = later_stage(entry.stage, stages.get(entry.key))
