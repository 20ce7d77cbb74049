"""Writing one record: all rules are checked before anything changes.

Planning changes nothing, so a whole batch can be checked before its first write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_hubspot.portal.association_links import AssociationType
from local_hubspot.portal.automation import link_to_company
from local_hubspot.portal.errors import HubSpotError, InvalidPropertiesError, InvalidProperty, validation_error
from local_hubspot.portal.object_types import OBJECT_TYPES, ObjectSchema
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record
from local_hubspot.portal.values import InvalidValueError, stored_value

_LIFECYCLE = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")
_LIFECYCLE_RANK = {stage: rank for rank, stage in enumerate((*_LIFECYCLE, "evangelist", "other"))}
_PIPELINES = {"deals": ("pipeline", "dealstage", "default"), "tickets": ("hs_pipeline", "hs_pipeline_stage", "0")}
_CURRENCY_PROPERTIES = {"deal_currency_code", "hs_line_item_currency_code"}
_TAKEN_OVER = (
    "name",
    "description",
    "price",
    "hs_sku",
    "recurringbillingfrequency",
    "hs_recurring_billing_period",
    "hs_cost_of_goods_sold",
)


@dataclass(slots=True)
class BatchClaims:
    """What the inputs of one batch have claimed: unique values by property and value, and capacity for new records."""

    taken: dict[tuple[str, str], str] = field(default_factory=dict)
    created: int = 0


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """A write that passed every check; ``present`` is the record to change, or None to create ``record_id``."""

    kind: ObjectSchema
    record_id: str
    present: Record | None
    changes: dict[str, str]
    links: tuple[tuple[str, AssociationType], ...] = ()


def plan_create(
    portal: Portal,
    kind: ObjectSchema,
    properties: Mapping[str, Any],
    links: Iterable[Mapping[str, Any]],
    claims: BatchClaims,
) -> PlannedWrite:
    """Check a new record; ``links`` are the ``associations`` of the input. Raises :class:`HubSpotError`."""
    changes = _add_defaults(kind, _check_properties(portal, kind, properties, None))
    if kind.plural == "line_items":
        changes = _product_values(portal, changes) | changes
    _require_properties(kind, changes)
    _check_stage(portal, kind, changes, {})
    record_id = portal.take_id()
    planned_links = tuple(planned for link in links for planned in _plan_links(portal, kind, link))
    _claim_unique(portal, kind, record_id, changes, claims)
    _claim_capacity(portal, kind, claims)
    return PlannedWrite(kind, record_id, None, changes, planned_links)


def plan_update(
    portal: Portal, kind: ObjectSchema, record: Record, properties: Mapping[str, Any], claims: BatchClaims
) -> PlannedWrite:
    """Check a change of ``record``. Raises :class:`HubSpotError`."""
    changes = _check_properties(portal, kind, properties, record)
    _check_stage(portal, kind, changes, record.properties)
    _claim_unique(portal, kind, record.id, changes, claims)
    return PlannedWrite(kind, record.id, record, changes)


def apply_write(portal: Portal, write: PlannedWrite, now: int) -> Record:
    """Perform a planned write at ``now`` (epoch milliseconds) and return the record."""
    keep_seen = portal.settings.search_lag_seconds > 0
    if write.present is not None:
        portal.store(write.kind).change(write.present, write.changes, now, keep_seen=keep_seen)
        return write.present
    values = {name: value for name, value in write.changes.items() if value}
    record = Record(write.record_id, values, created=now, updated=now)
    portal.store(write.kind).add(record)
    for to_id, kind in write.links:
        portal.associations.link(record.id, to_id, kind)
    if portal.settings.create_companies and write.kind.plural == "contacts":
        link_to_company(portal, record, now)
    return record


def _check_properties(
    portal: Portal, kind: ObjectSchema, properties: Mapping[str, Any], record: Record | None
) -> dict[str, str]:
    present = record.properties if record else {}
    changes: dict[str, str] = {}
    problems: list[InvalidProperty] = []
    definitions = portal.definitions[kind.plural]
    for name, value in properties.items():
        definition = definitions.get(name)
        if definition is None or definition.archived:
            problems.append(InvalidProperty(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif definition.read_only:
            message = f'"{name}" is a read only property; its value cannot be set.'
            problems.append(InvalidProperty(name, "READ_ONLY_VALUE", message))
        else:
            try:
                changes[name] = stored_value(definition, value, present.get(name, ""))
                _check_currency(portal, name, changes[name])
            except InvalidValueError as invalid:
                problems.append(invalid.problem(name))
    if problems:
        raise InvalidPropertiesError(problems, portal.settings.portal_id)
    return _without_stage_regression(changes, present)


def _check_currency(portal: Portal, name: str, value: str) -> None:
    # HubSpot's response to a currency that the account does not have is not documented, so none may be sent.
    known = portal.settings.currencies
    if name in _CURRENCY_PROPERTIES and value and value not in known:
        raise InvalidValueError("INVALID_OPTION", f"{value} was not one of the allowed options: [{', '.join(known)}]")


def _without_stage_regression(changes: dict[str, str], present: Mapping[str, str]) -> dict[str, str]:
    # HubSpot reports success for a step back but keeps the stage, unless it was cleared first.
    new, old = changes.get("lifecyclestage", ""), present.get("lifecyclestage", "")
    if new and old and _LIFECYCLE_RANK.get(new, 99) < _LIFECYCLE_RANK.get(old, -1):
        del changes["lifecyclestage"]
    return changes


def _add_defaults(kind: ObjectSchema, changes: dict[str, str]) -> dict[str, str]:
    if kind.plural in _PIPELINES:
        pipeline, _, default = _PIPELINES[kind.plural]
        changes.setdefault(pipeline, default)
    if kind.plural == "contacts" and not changes.get("lifecyclestage"):
        changes["lifecyclestage"] = "lead"
    return changes


def _product_values(portal: Portal, changes: Mapping[str, str]) -> dict[str, str]:
    """Return what a line item takes over from its product."""
    product = portal.stores["products"].live.get(changes.get("hs_product_id", ""))
    values = {} if product is None else product.properties
    return {name: values[name] for name in _TAKEN_OVER if values.get(name)}


def _require_properties(kind: ObjectSchema, changes: Mapping[str, str]) -> None:
    missing = [names for names in kind.required if not any(changes.get(name) for name in names)]
    if missing:
        listed = ", ".join(name for names in missing for name in names)
        raise validation_error(
            f"Error creating {kind.upper}. Some required properties were not set.", properties=[f"[{listed}]"]
        )


def _check_stage(portal: Portal, kind: ObjectSchema, changes: Mapping[str, str], present: Mapping[str, str]) -> None:
    if kind.plural not in _PIPELINES:
        return
    values = {**present, **changes}
    pipeline_name, stage_name, default = _PIPELINES[kind.plural]
    stages = portal.stage_pipelines(kind).get(values.get(pipeline_name) or default, set())
    stage = values.get(stage_name)
    if stage and stage not in stages:
        message = f"{stage} was not one of the allowed options: [{', '.join(sorted(stages))}]"
        problem = InvalidProperty(stage_name, "INVALID_OPTION", message)
        raise InvalidPropertiesError([problem], portal.settings.portal_id)


def _plan_links(portal: Portal, kind: ObjectSchema, link: Mapping[str, Any]) -> Iterable[tuple[str, AssociationType]]:
    to_id = str(link["to"]["id"])
    for link_type in link["types"]:
        type_id, category = link_type["associationTypeId"], link_type["associationCategory"]
        association = portal.associations.find_type(kind.plural, type_id, category)
        if association is None:
            raise validation_error(
                f"Invalid association type {link_type['associationTypeId']} for object type {kind.id}",
                associationTypeId=[str(link_type["associationTypeId"])],
            )
        _require_target(portal, association, to_id)
        yield to_id, association


def _require_target(portal: Portal, association: AssociationType, to_id: str) -> None:
    target = OBJECT_TYPES[association.target]
    if to_id not in portal.store(target).live:
        raise HubSpotError(
            404,
            f"No {target.singular} with ID {to_id} exists. Associations need records that exist.",
            category="OBJECT_NOT_FOUND",
            context={"id": [to_id], "objectType": [target.upper]},
        )


def _claim_unique(
    portal: Portal, kind: ObjectSchema, record_id: str, changes: Mapping[str, str], claims: BatchClaims
) -> None:
    definitions, store = portal.definitions[kind.plural], portal.store(kind)
    is_contact = kind.plural == "contacts"
    claimed: list[tuple[str, str]] = []
    for name, value in changes.items():
        is_email = is_contact and name == "email"
        if not value or not (is_email or definitions[name].has_unique_value):
            continue
        holder = store.with_value(name, value)
        if holder is None and portal.settings.archived_records_keep_unique_values:
            holder = store.archived_with_value(name, value)
        other = holder.id if holder else claims.taken.get((name, value))
        if other is not None and other != record_id:
            if is_email:
                raise _email_taken_error(other)
            raise _value_taken_error(_coordinates(portal, kind, name, value), record_id, other)
        claimed.append((name, value))
    claims.taken.update(dict.fromkeys(claimed, record_id))


def _claim_capacity(portal: Portal, kind: ObjectSchema, claims: BatchClaims) -> None:
    # HubSpot's response in this case is not documented, so the writer must not depend on it.
    limit = portal.settings.records_per_object
    if limit is not None and len(portal.store(kind).live) + claims.created >= limit:
        raise HubSpotError(400, f"This account may hold {limit} {kind.plural}.", category="LIMIT_REACHED")
    claims.created += 1


def _email_taken_error(holder: str) -> HubSpotError:
    return HubSpotError(
        409,
        f"Contact already exists. Existing ID: {holder}",
        category="CONFLICT",
        entry_context={"existingId": [holder]},
    )


def _value_taken_error(coordinates: str, record_id: str, holder: str) -> HubSpotError:
    return validation_error(f"Cannot set {coordinates} on {record_id}. {holder} already has that value.")


def _coordinates(portal: Portal, kind: ObjectSchema, name: str, value: str) -> str:
    return (
        f"PropertyValueCoordinates{{portalId={portal.settings.portal_id}, "
        f"objectTypeId=ObjectTypeId{{legacyObjectType={kind.upper}}}, propertyName={name}, value={value}}}"
    )
