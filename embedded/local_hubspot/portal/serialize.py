"""Records in responses: which properties they have, including those that HubSpot derives."""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from local_hubspot.portal.hubspot_timestamps import to_iso
from local_hubspot.portal.object_types import OBJECT_TYPES, ObjectSchema
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record

Derived = dict[str, Callable[[Record], str]]

_SOURCE_ID = "3130557"


def _full_name_or_email(record: Record) -> str:
    names = (record.properties.get("firstname", ""), record.properties.get("lastname", ""))
    return " ".join(name for name in names if name) or record.properties.get("email", "")


_COMMON_DERIVED: Derived = {
    "hs_object_id": lambda record: record.id,
    "hs_object_source": lambda _: "INTEGRATION",
    "hs_object_source_id": lambda _: _SOURCE_ID,
    "hs_object_source_label": lambda _: "INTEGRATION",
}
_CONTACT_DERIVED: Derived = {
    "hs_all_contact_vids": lambda record: record.id,
    "hs_email_domain": lambda record: record.properties.get("email", "").partition("@")[2],
    "hs_full_name_or_email": _full_name_or_email,
    "hs_is_contact": lambda _: "true",
    "hs_is_unworked": lambda _: "true",
    "hs_pipeline": lambda _: "contacts-lifecycle-pipeline",
}


def _net_amounts(record: Record) -> dict[str, Decimal]:
    """Return what HubSpot computes for a line item: before discount, the discount, and what remains."""
    price, quantity, unit_discount, percentage = (
        _decimal(record, name) for name in ("price", "quantity", "discount", "hs_discount_percentage")
    )
    gross = price * quantity
    discount = unit_discount * quantity if unit_discount else gross * percentage / 100
    return {"hs_pre_discount_amount": gross, "hs_total_discount": discount, "amount": gross - discount}


def _decimal(record: Record, name: str) -> Decimal:
    return Decimal(record.properties.get(name) or 0)


def _net_amount(name: str) -> Callable[[Record], str]:
    return lambda record: f"{_net_amounts(record)[name]:.2f}" if record.properties.get("price") else ""


_LINE_ITEM_DERIVED: Derived = {
    name: _net_amount(name) for name in ("amount", "hs_pre_discount_amount", "hs_total_discount")
}


def _email_header(role: str, field: str) -> Callable[[Record], str]:
    def derive(record: Record) -> str:
        people = _email_headers(record).get(role) or []
        listed = people if isinstance(people, list) else [people]
        values = (str(person.get(field) or "") for person in listed if isinstance(person, dict))
        return ";".join(value for value in values if value)

    return derive


def _email_headers(record: Record) -> dict[str, Any]:
    try:
        headers = json.loads(record.properties.get("hs_email_headers") or "{}")
    except ValueError:
        return {}
    return headers if isinstance(headers, dict) else {}


_EMAIL_DERIVED: Derived = {
    f"hs_email_{role}_{name}": _email_header(role, field)
    for role in ("from", "to")
    for name, field in (("email", "email"), ("firstname", "firstName"), ("lastname", "lastName"))
}
_DERIVED_BY_TYPE = {"contacts": _CONTACT_DERIVED, "line_items": _LINE_ITEM_DERIVED, "emails": _EMAIL_DERIVED}


def _derived_properties(kind: ObjectSchema) -> Derived:
    return {
        kind.created_property: lambda record: to_iso(record.created),
        kind.modified_property: lambda record: to_iso(record.updated),
        **_COMMON_DERIVED,
        **_DERIVED_BY_TYPE.get(kind.plural, {}),
    }


DERIVED = {plural: _derived_properties(kind) for plural, kind in OBJECT_TYPES.items()}
"""Functions that return derived property values, by object type."""


def read_value(kind: ObjectSchema, record: Record, name: str) -> str | None:
    """Return the value of any property, or None."""
    value = record.properties.get(name)
    if value is None and name in DERIVED[kind.plural]:
        return DERIVED[kind.plural][name](record) or None
    return value


def select_properties(kind: ObjectSchema, record: Record, names: Iterable[str]) -> dict[str, str | None]:
    """Return the named properties and those that every read returns, null for those without a value."""
    names_to_read = sorted({*names, *kind.always_read})
    return {name: read_value(kind, record, name) for name in names_to_read}


def written_properties(kind: ObjectSchema, record: Record, names: Iterable[str]) -> dict[str, str]:
    """Return the properties in the response to a write: the given and the derived ones."""
    values = {name: derive(record) for name, derive in DERIVED[kind.plural].items()}
    values |= {name: record.properties[name] for name in names if name in record.properties}
    return dict(sorted((name, value) for name, value in values.items() if value))


def render_record(portal: Portal, kind: ObjectSchema, record: Record, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a record with the given properties as in all object endpoints."""
    created = read_value(kind, record, kind.created_property) or to_iso(record.created)
    body = {
        "id": record.id,
        "properties": properties,
        "createdAt": created,
        "updatedAt": to_iso(record.updated),
        "archived": record.archived_at is not None,
    }
    if record.archived_at is not None:
        body["archivedAt"] = to_iso(record.archived_at)
    return body | {"url": portal.url(kind, record.id)}


def resolve_names(portal: Portal, kind: ObjectSchema, requested: Iterable[str]) -> list[str]:
    """Return the known properties among those requested, or the defaults if there are none."""
    known = portal.definitions[kind.plural]
    return [name for name in requested if name in known] or list(kind.read_properties)


def render_associations(portal: Portal, kind: ObjectSchema, record: Record, target: ObjectSchema) -> dict[str, Any]:
    """Return a record's associations with one object type as in reads with the ``associations`` parameter."""
    linked = portal.associations.links_from(record.id, target.plural)
    return {"results": [{"id": other, "type": f"{kind.singular}_to_{target.singular}"} for other in linked]}
