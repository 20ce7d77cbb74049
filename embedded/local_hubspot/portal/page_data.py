"""Data of the page: tables of records, and one record with its associations and timeline.

Values are shown as people read them: labels of options, names of owners and stages, never internal ids.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from heapq import nlargest
from typing import Any

from local_hubspot.portal.definitions import PropertyDefinition, data_table
from local_hubspot.portal.object_types import OBJECT_TYPES, ObjectSchema
from local_hubspot.portal.page_columns import COLUMNS, DATE_PROPERTIES, Column
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record
from local_hubspot.portal.serialize import read_value

_CUSTOM_PREFIX = "simcrm"
_MAX_LINKS = 50
_MAX_TIMELINE = 200
_TITLES = {
    "companies": ("name", "domain"),
    "deals": ("dealname",),
    "tickets": ("subject",),
    "notes": ("hs_note_body",),
    "calls": ("hs_call_title", "hs_call_body"),
    "tasks": ("hs_task_subject",),
    "products": ("name",),
    "line_items": ("name",),
    "meetings": ("hs_meeting_title", "hs_meeting_body"),
    "emails": ("hs_email_subject", "hs_email_text"),
}
_SUBTITLES = {
    "contacts": ("jobtitle", "email"),
    "companies": ("domain",),
    "deals": ("dealstage",),
    "tickets": ("hs_pipeline_stage",),
    "calls": ("hs_call_disposition",),
    "tasks": ("hs_task_status",),
    "products": ("hs_sku",),
    "line_items": ("quantity", "price"),
    "meetings": ("hs_meeting_outcome",),
    "emails": ("hs_email_direction",),
}
_BODIES = {
    "notes": "hs_note_body",
    "calls": "hs_call_body",
    "tasks": "hs_task_body",
    "meetings": "hs_meeting_body",
    "emails": "hs_email_text",
    "deals": "description",
    "tickets": "content",
}


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Which rows of a table to show: those that contain ``text``, sorted by a column, one page of them."""

    text: str = ""
    sort: str = ""
    descending: bool = True
    offset: int = 0
    limit: int = 25


def portal_overview(portal: Portal) -> dict[str, Any]:
    """Return details of the portal and its number of objects."""
    return {
        "portalId": portal.settings.portal_id,
        "accountType": portal.settings.account_type,
        "plan": portal.settings.plan.value,
        "associations": portal.associations.pairs,
        "objects": [
            {"name": plural, "label": OBJECT_TYPES[plural].label, "count": len(store.live)}
            for plural, store in portal.stores.items()
        ],
    }


def table_page(portal: Portal, kind: ObjectSchema, query: TableQuery) -> dict[str, Any]:
    """Return one page of an object type's table; without a sort, the newest records come first."""
    columns = COLUMNS[kind.plural]
    records = _find_matching(portal, kind, query.text)
    total = len(records)
    column = next((column for column in columns if column.name == query.sort), None)
    if column is None:
        page = records[::-1][query.offset : query.offset + query.limit]
    else:
        page = _sorted_page(portal, kind, records, column, query)
    return {
        "total": total,
        "columns": [{"name": each.name, "label": each.label, "kind": each.kind} for each in columns],
        "rows": [
            {"id": record.id, "cells": [_cell(portal, kind, record, each) for each in columns]} for record in page
        ],
    }


def record_detail(portal: Portal, kind: ObjectSchema, record: Record) -> dict[str, Any]:
    """Return everything that one record's page shows."""
    return {
        "id": record.id,
        "object": kind.plural,
        "singular": kind.singular,
        **_heading(portal, kind, record),
        "groups": list(_groups(portal, kind, record)),
        "associations": list(_association_groups(portal, record)),
        "timeline": nlargest(_MAX_TIMELINE, _timeline(portal, kind, record), key=lambda entry: str(entry["at"])),
    }


def _find_matching(portal: Portal, kind: ObjectSchema, text: str) -> list[Record]:
    records = portal.store(kind).live.values()
    folded_text = text.strip().casefold()
    if not folded_text:
        return list(records)
    return [record for record in records if folded_text == record.id or _contains_text(record, folded_text)]


def _contains_text(record: Record, text: str) -> bool:
    values = record.properties
    name = f"{values.get('firstname', '')} {values.get('lastname', '')}".casefold()
    return text in name or any(text in value.casefold() for value in values.values())


def _sorted_page(
    portal: Portal, kind: ObjectSchema, records: list[Record], column: Column, query: TableQuery
) -> list[Record]:
    def key(record: Record) -> tuple[float, str]:
        text = str(_cell(portal, kind, record, column) or "")
        try:
            return float(text), ""
        except ValueError:
            return float("-inf"), text.casefold()

    if query.descending:
        return nlargest(query.offset + query.limit, records, key=key)[query.offset :]
    return sorted(records, key=key)[query.offset : query.offset + query.limit]


def _cell(portal: Portal, kind: ObjectSchema, record: Record, column: Column) -> str | None:
    if column.linked_type:
        return _first_linked(portal, record, column.linked_type)
    if column.name == "title":
        return _heading(portal, kind, record)["title"]
    if column.name == "date":
        return _date(kind, record)
    value = read_value(kind, record, column.name)
    return display_value(portal, portal.definitions[kind.plural].get(column.name), value) if value else None


def _first_linked(portal: Portal, record: Record, target: str) -> str | None:
    links = portal.associations.links_from(record.id, target)
    primary = next((other for other, types in links.items() if _is_primary(portal, types)), None)
    other = primary or next(iter(links), None)
    if other is None:
        return None
    kind = OBJECT_TYPES[target]
    return _heading(portal, kind, portal.store(kind).live[other])["title"]


def _is_primary(portal: Portal, type_ids: Iterable[int]) -> bool:
    return any(portal.associations.type_of(type_id).is_primary for type_id in type_ids)


def _date(kind: ObjectSchema, record: Record) -> str | None:
    for name in DATE_PROPERTIES:
        if name in record.properties:
            return record.properties[name]
    return read_value(kind, record, kind.created_property)


def _heading(portal: Portal, kind: ObjectSchema, record: Record) -> dict[str, str]:
    values = record.properties
    if kind.plural == "contacts":
        title = read_value(kind, record, "hs_full_name_or_email") or ""
    else:
        title = next((values[name] for name in _TITLES[kind.plural] if values.get(name)), "")
    definitions = portal.definitions[kind.plural]
    parts = [
        display_value(portal, definitions.get(name), values[name])
        for name in _SUBTITLES.get(kind.plural, ())
        if name in values
    ]
    return {"title": title or f"{_singular(kind)} {record.id}", "subtitle": " · ".join(parts)}


def _singular(kind: ObjectSchema) -> str:
    return kind.singular.replace("_", " ").capitalize()


def display_value(portal: Portal, definition: PropertyDefinition | None, value: str) -> str:
    """Return a value as people read it."""
    if definition is None or definition.type != "enumeration":
        return value
    labels = {option.value: option.label for option in definition.options} or _external_labels(portal, definition.name)
    return ", ".join(labels.get(part, part) for part in value.split(";"))


def _external_labels(portal: Portal, name: str) -> dict[str, str]:
    if name == "hubspot_owner_id":
        return {owner["id"]: f"{owner['firstName']} {owner['lastName']}" for owner in portal.owners}
    if name == "hs_call_disposition":
        return {row["id"]: row["label"] for row in data_table("dispositions")}
    pipelines = [pipeline for rows in portal.pipelines.values() for pipeline in rows]
    if name in {"pipeline", "hs_pipeline"}:
        return {pipeline["id"]: pipeline["label"] for pipeline in pipelines}
    return {stage["id"]: stage["label"] for pipeline in pipelines for stage in pipeline["stages"]}


def _groups(portal: Portal, kind: ObjectSchema, record: Record) -> Iterator[dict[str, Any]]:
    definitions = portal.definitions[kind.plural]
    names = {*record.properties, *kind.always_read}
    groups: dict[str, list[dict[str, Any]]] = {}
    for name in sorted(names, key=lambda name: definitions[name].label):
        definition, value = definitions[name], read_value(kind, record, name)
        if value:
            row = {
                "name": name,
                "label": definition.label,
                "value": display_value(portal, definition, value),
                "type": definition.type,
            }
            groups.setdefault(definition.group_name, []).append(row)
    for group in sorted(groups, key=lambda name: (not name.lower().startswith(_CUSTOM_PREFIX), -len(groups[name]))):
        label = portal.groups[kind.plural].get(group, {"label": group})["label"]
        yield {"name": group, "label": label, "properties": groups[group]}


def _association_groups(portal: Portal, record: Record) -> Iterator[dict[str, Any]]:
    for plural, kind in OBJECT_TYPES.items():
        links = portal.associations.links_from(record.id, plural)
        if links and not kind.is_activity:
            shown_links = list(links.items())[:_MAX_LINKS]
            rows = [_link(portal, kind, other, type_ids) for other, type_ids in shown_links]
            group = {"object": plural, "label": kind.label, "count": len(links), "records": rows}
            yield group | ({"sum": _sum(portal, kind, links)} if plural == "line_items" else {})


def _sum(portal: Portal, kind: ObjectSchema, ids: Iterable[str]) -> str:
    """Return the total of line items' net amounts."""
    live = portal.store(kind).live
    return f"{sum(Decimal(read_value(kind, live[other], 'amount') or 0) for other in ids):.2f}"


def _link(portal: Portal, kind: ObjectSchema, other: str, type_ids: Iterable[int]) -> dict[str, Any]:
    labels = [portal.associations.type_of(type_id).label for type_id in type_ids]
    record = portal.store(kind).live[other]
    amount = read_value(kind, record, "amount") or ""
    return {
        "id": other,
        "labels": [label for label in labels if label],
        "amount": amount,
        **_heading(portal, kind, record),
    }


def _timeline(portal: Portal, kind: ObjectSchema, record: Record) -> Iterator[dict[str, Any]]:
    for plural, body_property in _BODIES.items():
        other_kind = OBJECT_TYPES[plural]
        for other in portal.associations.links_from(record.id, plural):
            yield _entry(portal, other_kind, portal.store(other_kind).live[other], body_property)
    title = f"{_singular(kind)} created"
    yield {"object": "created", "id": record.id, "at": _date(kind, record), "title": title}


def _entry(portal: Portal, kind: ObjectSchema, record: Record, body_property: str) -> dict[str, Any]:
    definitions, values = portal.definitions[kind.plural], record.properties
    heading = _heading(portal, kind, record)
    facts = ("hubspot_owner_id", "hs_call_duration", "hs_task_priority", "hs_ticket_priority", "amount")
    return {
        "object": kind.plural,
        "id": record.id,
        "at": _date(kind, record),
        "title": "" if kind.plural == "notes" else heading["title"],
        "state": heading["subtitle"],
        "body": values.get(body_property, ""),
        "facts": {
            name: display_value(portal, definitions.get(name), values[name]) for name in facts if values.get(name)
        },
    }
