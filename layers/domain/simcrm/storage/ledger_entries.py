"""The entries of the ledger: the outcome of each planned object, and counts by outcome."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.lifecycle_funnel import later_stage, newly_reached


class LedgerOutcome(StrEnum):
    """Outcome of an object: written, permanently refused by the portal, held back by a dry run, or left by an abort.

    ``TAKEN_BACK`` is never stored in the ledger; views show it for written objects that a clean-up has archived.
    """

    WRITTEN = "written"
    REFUSED = "refused"
    DRY_RUN = "dry_run"
    ABORTED = "aborted"
    TAKEN_BACK = "taken_back"


SUCCESSFUL = {LedgerOutcome.WRITTEN, LedgerOutcome.DRY_RUN}

PARENT_MISSING = "is not in the portal"
"""Suffix of the reason if an object was refused because of another object, which has its own reason."""

CHANGED_BY_PEOPLE = "changed by people"
"""Start of the reason if an object was written without properties that people have changed; their names follow."""


class LedgerEntry(BaseModel):
    """One object's outcome; ``reason`` is HubSpot's own message if it refused the object or one of its associations.

    ``stage`` is the stage that a contact has reached with it. ``changed`` holds the properties that were sent with a
    value other than the generated one; None means that the property was omitted. ``kept`` names the properties that
    were left as people have changed them. ``last_written`` holds the simulation's latest values of properties that
    later changes cannot tell from the generated ones.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    key: str
    object_type: ObjectType = Field(alias="type")
    outcome: LedgerOutcome
    hubspot_id: str | None = Field(default=None, alias="id")
    reason: str | None = None
    stage: LifecycleStage | None = None
    changed: dict[str, str | None] | None = None
    kept: tuple[str, ...] | None = None
    last_written: dict[str, str] | None = Field(default=None, alias="lastWritten")

    def apply_changes(self, generated: Properties) -> Properties:
        """Return the properties as they were sent to the portal."""
        merged = generated | (self.changed or {})
        return {name: value for name, value in merged.items() if value is not None}

    @property
    def is_successful(self) -> bool:
        """Whether the object is in the portal or, in a dry run, would be."""
        return self.outcome in SUCCESSFUL


class LedgerTotals(BaseModel):
    """Counts over a ledger; objects shared by several batches count once. ``settled`` counts written and refused.

    ``skipped`` counts properties of objects that were left as people have changed them.
    """

    written: dict[ObjectType, int]
    refused: int
    settled: dict[ObjectType, int] = {}
    aborted: int = 0
    skipped: int = 0
    funnel: dict[LifecycleStage, int] = {}

    @classmethod
    def from_entries(cls, entries: Iterable[LedgerEntry]) -> Self:
        """Count objects by type that are in the portal (or would be, in a dry run), refused, or left by an abort.

        An object that an abort left in one step and another step wrote is in the portal. So is an object that was
        written but had a later change refused; it also counts as refused.
        """
        last: dict[str, LedgerEntry] = {}
        successful: dict[str, ObjectType] = {}
        stages: dict[str, LifecycleStage] = {}
        kept: set[tuple[str, str]] = set()
        for entry in entries:
            note_stage(stages, entry)
            kept.update((entry.key, name) for name in entry.kept or ())
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
            skipped=len(kept),
            funnel=newly_reached(stages, {}),
        )


def furthest_stages(entries: Iterable[LedgerEntry]) -> dict[str, LifecycleStage]:
    """Return the furthest stage of each contact in the portal, by key."""
    stages: dict[str, LifecycleStage] = {}
    for entry in entries:
        note_stage(stages, entry)
    return stages


def note_stage(stages: dict[str, LifecycleStage], entry: LedgerEntry) -> None:
    """Update ``stages`` if the entry has a later stage for its contact."""
    if entry.is_successful and entry.stage is not None:
        stages[entry.key] = later_stage(entry.stage, stages.get(entry.key))
