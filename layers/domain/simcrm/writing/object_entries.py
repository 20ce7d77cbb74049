"""Make ledger entries of written and refused objects, with what was sent otherwise than generated."""

from collections.abc import Iterable
from dataclasses import replace

from simcrm.hubspot.batch_writer import WriteResults
from simcrm.hubspot.custom_properties import KEY_PROPERTIES
from simcrm.hubspot.validation.property_rules import OWNER
from simcrm.models.crm_objects import CrmObject, ObjectType, Properties
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage.ledger_entries import CHANGED_BY_PEOPLE, LedgerEntry, LedgerOutcome
from simcrm.storage.lifecycle_funnel import STAGE_ORDER
from simcrm.writing.people_changes import CheckedObjects, without_kept

NEVER_CHANGED = KEY_PROPERTIES | {OWNER}
CHANGED_LATER = {
    ObjectType.CONTACTS: frozenset({"lifecyclestage"}),
    **dict.fromkeys((ObjectType.DEALS, ObjectType.TICKETS, ObjectType.TASKS, ObjectType.LINE_ITEMS), None),
}
"""The types that later waves change, with the properties in question; None for all."""


def sent_objects(writable: Iterable[CrmObject], checked: CheckedObjects, results: WriteResults) -> dict[str, CrmObject]:
    """The objects by key as the portal now has them, if it accepted them."""
    sent = {item.key: without_kept(item, checked.kept.get(item.key, ())) for item in writable}
    for item in checked.to_write:
        if item.key in results.fixed:
            rest = without_kept(sent[item.key], tuple(item.properties))
            sent[item.key] = replace(rest, properties=rest.properties | results.fixed[item.key].properties)
    return sent


def record_sent(entry: LedgerEntry, generated: CrmObject, sent: CrmObject | None) -> LedgerEntry:
    """Return the entry with the properties that were sent with other values than generated.

    ``LedgerEntry.apply_changes`` restores what was sent from what was generated.
    """
    return _record_last_written(_record_changes(entry, generated, sent), generated, sent)


def _record_changes(entry: LedgerEntry, generated: CrmObject, sent: CrmObject | None) -> LedgerEntry:
    if sent is None or sent.properties == generated.properties:
        return entry
    before, after = generated.properties, sent.properties
    changed = {name: after.get(name) for name in before | after if before.get(name) != after.get(name)}
    return entry.model_copy(update={"changed": changed})


def _record_last_written(entry: LedgerEntry, generated: CrmObject, sent: CrmObject | None) -> LedgerEntry:
    """Return the entry with the values that a later change must expect in the portal instead of the generated ones."""
    after = None if sent is None or not entry.is_successful else sent.properties
    values = _last_written_by_update(generated, after) if generated.is_update else _last_written(generated, after)
    values = {name: value for name, value in values.items() if name not in (entry.kept or ())}
    return entry.model_copy(update={"last_written": values}) if values else entry


def _last_written(generated: CrmObject, sent: Properties | None) -> Properties:
    """What a new object has instead of the generated values, as far as they may change."""
    if sent is None or generated.object_type not in CHANGED_LATER:
        return {}
    names = (CHANGED_LATER[generated.object_type] or generated.properties.keys()) - NEVER_CHANGED
    generated_values = {name: generated.properties[name] for name in names if name in generated.properties}
    return {name: sent.get(name, "") for name, value in generated_values.items() if sent.get(name) != value}


def _last_written_by_update(generated: CrmObject, sent: Properties | None) -> Properties:
    """What an updated object has, where it was not updated as generated or had another value before."""
    known = generated.known
    if known is None:
        return {}
    if sent is None:
        return dict(known.previous)
    after = {name: sent.get(name, before) for name, before in known.previous.items()}
    return {
        name: value
        for name, value in after.items()
        if value != generated.properties.get(name) or name in known.corrected
    }


def written_entry(
    item: CrmObject, hubspot_id: str, not_associated: str | None, kept: tuple[str, ...] | None = None
) -> LedgerEntry:
    """The entry of an object in the portal, with what it lacks there: an association, or what people ``kept``."""
    reasons = [
        *([f"an association was refused: {not_associated}"] if not_associated else []),
        *([f"{CHANGED_BY_PEOPLE}: {', '.join(kept)}"] if kept else []),
    ]
    return LedgerEntry(
        key=item.key,
        object_type=item.object_type,
        outcome=LedgerOutcome.WRITTEN,
        hubspot_id=hubspot_id,
        reason="; ".join(reasons) or None,
        stage=_stage(item),
        kept=kept,
    )


def _stage(item: CrmObject) -> LifecycleStage | None:
    """The lifecycle stage that this write gives a contact."""
    stage = item.properties.get("lifecyclestage") if item.object_type is ObjectType.CONTACTS else None
    return LifecycleStage(stage) if stage in STAGE_ORDER else None


def refused_entry(item: CrmObject, reason: str) -> LedgerEntry:
    """The entry of an object that the portal refused for good."""
    return LedgerEntry(key=item.key, object_type=item.object_type, outcome=LedgerOutcome.REFUSED, reason=reason)


def not_written_entry(item: CrmObject, outcome: LedgerOutcome) -> LedgerEntry:
    """The entry of an object that was not sent."""
    return LedgerEntry(key=item.key, object_type=item.object_type, outcome=outcome, stage=_stage(item))
