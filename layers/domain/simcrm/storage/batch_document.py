"""The outcomes of one batch's objects: all its ledger files condensed to one small document.

The document is derived: if it is missing or disagrees with the ledger files, it is rebuilt from them.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Self, TypeAlias

from pydantic import BaseModel, ConfigDict

from simcrm.models.crm_objects import CrmObject, KnownValues, ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage import file_names
from simcrm.storage.ledger_entries import PARENT_MISSING, LedgerEntry, LedgerOutcome
from simcrm.storage.lifecycle_funnel import later_stage

Files: TypeAlias = Mapping[str, str]
"""The ledger files of a batch: their ETags by step."""

MAX_REASONS = 50
"""Maximum number of distinct refusal reasons counted per batch; reasons that name their record are all distinct."""


class ObjectResult(StrEnum):
    """The outcome of an object over all steps; ``CHANGE_REFUSED`` objects are in the portal but lack a later change."""

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
"""Results of objects that are in the portal or, in a dry run, would be."""


_TYPES = {kind.singular: kind for kind in ObjectType}


def object_type_from_key(key: str) -> ObjectType:
    """Return the type of an object by its key."""
    return _TYPES[key.partition(":")[0]]


def later_result(before: ObjectResult | None, end: ObjectResult) -> ObjectResult:
    """Combine an object's earlier result with a later one: neither an abort nor a refused change undoes a write."""
    if end is ObjectResult.ABORTED:
        return before or end
    return ObjectResult.CHANGE_REFUSED if end is ObjectResult.REFUSED and before in SUCCESSFUL_RESULTS else end


def fingerprint(files: Files) -> str:
    """Return a hash of a batch's files that changes whenever a file is added or changed."""
    text = "\n".join(f"{step} {files[step]}" for step in sorted(files))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


class BatchDocument(BaseModel):
    """``batches/{batch}.json``; object keys are record keys without the simulation's id.

    ``objects`` maps each key to the letter of its ``ObjectResult``, followed by its portal id, if any. ``reasons``
    counts refusal reasons, except those that merely follow from another refusal. ``kept`` names, by object key, the
    properties that people have changed, ``last_written`` the values that the simulation last wrote where the generated
    rows do not tell them. ``revision`` grows with each change.
    """

    model_config = ConfigDict(frozen=True)

    revision: int = 0
    files: dict[str, str] = {}
    objects: dict[str, str] = {}
    stages: dict[str, LifecycleStage] = {}
    reasons: dict[str, int] = {}
    kept: dict[str, list[str]] = {}
    last_written: dict[str, dict[str, str]] = {}

    def can_take(self, step: str) -> bool:
        """Whether a step's entries can be appended: all earlier steps are included and nothing is replaced."""
        if step == file_names.ABORTED_STEP:
            return False
        is_last = all(file_names.ledger_file(0, known) < file_names.ledger_file(0, step) for known in self.files)
        return is_last and self.files.keys() >= set(file_names.steps_before(step))

    def with_step(self, step: str, etag: str, entries: Iterable[LedgerEntry]) -> Self:
        """Return the document with the entries of one more ledger file added."""
        objects, stages, reasons = dict(self.objects), dict(self.stages), Counter(self.reasons)
        kept, last_written = dict(self.kept), dict(self.last_written)
        for entry in entries:
            key, end = entry.key.partition(":")[2], RESULTS[entry.outcome]
            if entry.kept:
                kept[key] = sorted({*kept.get(key, ()), *entry.kept})
            if entry.last_written:
                last_written[key] = last_written.get(key, {}) | entry.last_written
            before = objects.get(key, "")
            objects[key] = later_result(ObjectResult(before[0]) if before else None, end) + (
                entry.hubspot_id or before[1:]
            )
            if entry.is_successful and entry.stage is not None:
                stages[key] = later_stage(entry.stage, stages.get(key))
            _count_reason(reasons, entry)
        changed = {"objects": objects, "stages": stages, "reasons": dict(reasons)}
        changed |= {"kept": kept, "last_written": last_written}
        known = {"revision": self.revision + 1, "files": {**self.files, step: etag}}
        return self.model_copy(update=changed | known)

    def in_portal(self, simulation_id: str) -> dict[ObjectType, list[tuple[str, str]]]:
        """Return the portal id and record key of each object in the portal, by type."""
        found: dict[ObjectType, list[tuple[str, str]]] = {}
        for key, end in self.objects.items():
            if end[0] in IN_PORTAL and end[1:]:
                found.setdefault(object_type_from_key(key), []).append((end[1:], f"{simulation_id}:{key}"))
        return found

    def hubspot_ids(self, simulation_id: str) -> dict[str, str]:
        """Return the portal ids by record key."""
        return {f"{simulation_id}:{key}": found[1:] for key, found in self.objects.items() if found[1:]}

    def with_known_values(self, item: CrmObject) -> CrmObject:
        """Return the object; an update knows what earlier steps wrote and which properties they left to people."""
        if item.known is None:
            return item
        key = item.key.partition(":")[2]
        values = {name: value for name, value in self.last_written.get(key, {}).items() if name in item.known.previous}
        known = KnownValues({**item.known.previous, **values}, frozenset(values), frozenset(self.kept.get(key, ())))
        return replace(item, known=known)

    def stages_by_key(self, simulation_id: str) -> dict[str, LifecycleStage]:
        """Return the furthest stage of each contact, by record key."""
        return {f"{simulation_id}:{key}": stage for key, stage in self.stages.items()}


def _count_reason(reasons: Counter[str], entry: LedgerEntry) -> None:
    reason = entry.reason
    if entry.outcome is not LedgerOutcome.REFUSED or reason is None or reason.endswith(PARENT_MISSING):
        return
    if reason in reasons or len(reasons) < MAX_REASONS:
        reasons[reason] += 1
