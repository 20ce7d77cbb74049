"""What became of the objects of one batch: all its ledger files as one small document.

The document is derived: where it is absent or does not agree with the ledger's files, it is made of them again.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self, TypeAlias

from pydantic import BaseModel, ConfigDict

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage import file_names
from simcrm.storage.ledger_entries import PARENT_MISSING, LedgerEntry, LedgerOutcome
from simcrm.storage.lifecycle_funnel import later_stage

Files: TypeAlias = Mapping[str, str]
"""The ledger files of a batch: their ETags by step."""

MAX_REASONS = 50
"""Different reasons that are counted of a batch; reasons that name their record are as many as records."""


class ObjectResult(StrEnum):
    """The end of an object over all steps; ``CHANGE_REFUSED`` is in the portal, but not as it should be."""

    WRITTEN = "w"
    DRY_RUN = "d"
    REFUSED = "r"
    CHANGE_REFUSED = "x"
    ABORTED = "a"


RESULTS = {
    LedgerOutcome.WRITTEN: ObjectResult.WRITTEN,
    LedgerOutcome.DRY_RUN: ObjectResult.DRY_RUN,
    LedgerOutcome.REFUSED: ObjectResult.REFUSED,
    LedgerOutcome.ABORTED: ObjectResult.ABORTED,
}
IN_PORTAL = {ObjectResult.WRITTEN, ObjectResult.CHANGE_REFUSED}
SUCCESSFUL_RESULTS = IN_PORTAL | {ObjectResult.DRY_RUN}
"""In the portal, or would be but for a dry run."""


_TYPES = {kind.singular: kind for kind in ObjectType}


def object_type_from_key(key: str) -> ObjectType:
    """The type of an object by its key."""
    return _TYPES[key.partition(":")[0]]


def later_result(before: ObjectResult | None, end: ObjectResult) -> ObjectResult:
    """The end of an object that has ended before: an abort takes nothing back, nor does a refused change."""
    if end is ObjectResult.ABORTED:
        return before or end
    return ObjectResult.CHANGE_REFUSED if end is ObjectResult.REFUSED and before in SUCCESSFUL_RESULTS else end


def fingerprint(files: Files) -> str:
    """The same for the same files of a batch, another one where a file came or changed."""
    text = "\n".join(f"{step} {files[step]}" for step in sorted(files))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


class BatchDocument(BaseModel):
    """``batches/{batch}.json``. Keys of objects are record keys without the simulation's id.

    ``objects`` has the letter of each object's end, then its id in the portal, if any. ``reasons`` are why objects were
    refused, without those that only follow from another refusal. ``revision`` grows with each change.
    """

    model_config = ConfigDict(frozen=True)

    revision: int = 0
    files: dict[str, str] = {}
    objects: dict[str, str] = {}
    stages: dict[str, LifecycleStage] = {}
    reasons: dict[str, int] = {}

    def can_take(self, step: str) -> bool:
        """Whether a step's entries come right after those that are in here: nothing is absent, nothing is replaced."""
        if step == file_names.ABORTED_STEP:
            return False
        is_last = all(file_names.ledger_file(0, known) < file_names.ledger_file(0, step) for known in self.files)
        return is_last and self.files.keys() >= set(file_names.steps_before(step))

    def with_step(self, step: str, etag: str, entries: Iterable[LedgerEntry]) -> Self:
        """These ends and those of one more file."""
        objects, stages, reasons = dict(self.objects), dict(self.stages), Counter(self.reasons)
        for entry in entries:
            key, end = entry.key.partition(":")[2], RESULTS[entry.outcome]
            before = objects.get(key, "")
            objects[key] = later_result(ObjectResult(before[0]) if before else None, end) + (
                entry.hubspot_id or before[1:]
            )
            if entry.is_successful and entry.stage is not None:
                stages[key] = later_stage(entry.stage, stages.get(key))
            _count_reason(reasons, entry)
        changed = {"objects": objects, "stages": stages, "reasons": dict(reasons)}
        known = {"revision": self.revision + 1, "files": {**self.files, step: etag}}
        return self.model_copy(update=changed | known)

    def in_portal(self, simulation_id: str) -> dict[ObjectType, list[tuple[str, str]]]:
        """Portal id and record key of each object that is in the portal, by type."""
        found: dict[ObjectType, list[tuple[str, str]]] = {}
        for key, end in self.objects.items():
            if end[0] in IN_PORTAL and end[1:]:
                found.setdefault(object_type_from_key(key), []).append((end[1:], f"{simulation_id}:{key}"))
        return found

    def hubspot_ids(self, simulation_id: str) -> dict[str, str]:
        """The portal's ids by record key."""
        return {f"{simulation_id}:{key}": found[1:] for key, found in self.objects.items() if found[1:]}

    def stages_by_key(self, simulation_id: str) -> dict[str, LifecycleStage]:
        """The furthest stage of each contact by record key."""
        return {f"{simulation_id}:{key}": stage for key, stage in self.stages.items()}


def _count_reason(reasons: Counter[str], entry: LedgerEntry) -> None:
    reason = entry.reason
    if entry.outcome is not LedgerOutcome.REFUSED or reason is None or reason.endswith(PARENT_MISSING):
        return
    if reason in reasons or len(reasons) < MAX_REASONS:
        reasons[reason] += 1
