"""Records in responses: which properties they have, including those that HubSpot derives."""

from collections.abc import Callable, Iterable
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


def _derived_properties(kind: ObjectSchema) -> Derived:
    return {
        kind.created_property: lambda record: to_iso(record.created),
        kind.modified_property: lambda record: to_iso(record.updated),
        **_COMMON_DERIVED,
        **(_CONTACT_DERIVED if kind.plural == "contacts" else {}),
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
