"""Search: which records match the filters, in which order, with the lag of the index."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from itertools import islice

from local_hubspot.portal.association_links import Associations
from local_hubspot.portal.definitions import PropertyDefinition
from local_hubspot.portal.hubspot_timestamps import parse_moment
from local_hubspot.portal.object_types import ObjectSchema, find_object_type
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.records import Record
from local_hubspot.portal.serialize import DERIVED

_TEXT_SEARCHED = {
    "contacts": ("firstname", "lastname", "email", "phone", "company", "hs_object_id"),
    "companies": ("name", "domain", "website", "phone"),
    "deals": ("dealname", "pipeline", "dealstage", "description", "dealtype"),
    "tickets": ("subject", "content", "hs_pipeline_stage", "hs_ticket_category"),
    "notes": ("hs_note_body",),
    "calls": ("hs_call_title", "hs_call_body"),
    "tasks": ("hs_task_subject", "hs_task_body"),
    "products": ("name", "description", "price", "hs_sku"),
    "line_items": ("name", "description", "hs_sku"),
    "meetings": ("hs_meeting_title", "hs_meeting_body"),
    "emails": ("hs_email_subject", "hs_email_text"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; ``operator`` is HubSpot's and determines which of the values are used."""

    property_name: str
    operator: str
    value: str = ""
    high_value: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A search in which all filters of any of the ``groups`` must match.

    ``sort`` is a property name and whether the order is descending.
    """

    groups: tuple[tuple[Filter, ...], ...]
    text: str
    sort: tuple[str, bool] | None
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of matches, and the number of all matches."""

    total: int
    records: list[Record]


def search(portal: Portal, kind: ObjectSchema, query: Query, now: int) -> SearchPage:
    """Search records as the index sees them at ``now`` (epoch milliseconds)."""
    direct = _direct_ids(portal, kind, query)
    if direct is not None:
        live = portal.store(kind).live
        page = islice(direct, query.offset, query.offset + query.limit)
        return SearchPage(len(direct), [live[record_id] for record_id in page])
    hits = [record for record in _candidates(portal, kind, query) if _fits(portal, kind, query, record, now)]
    if query.sort is not None:
        hits = _sort(kind, portal.definitions[kind.plural], hits, *query.sort)
    return SearchPage(len(hits), hits[query.offset : query.offset + query.limit])


def _direct_ids(portal: Portal, kind: ObjectSchema, query: Query) -> dict[str, None] | None:
    # Clean-up pages through the records of one tag; its only filter is an equality, which an index can answer alone.
    if query.sort or query.text or len(query.groups) != 1 or len(query.groups[0]) != 1:
        return None
    return _indexed_ids(portal, kind, query.groups[0][0])


def _indexed_ids(portal: Portal, kind: ObjectSchema, condition: Filter) -> dict[str, None] | None:
    definition = portal.definitions[kind.plural].get(condition.property_name)
    is_text = definition is not None and definition.type in {"string", "phone_number"}
    is_derived = condition.property_name in DERIVED[kind.plural]
    if condition.operator != "EQ" or not is_text or is_derived or portal.settings.search_lag_seconds:
        return None
    return portal.store(kind).ids_with(condition.property_name, condition.value)


def _candidates(portal: Portal, kind: ObjectSchema, query: Query) -> Iterator[Record]:
    live = portal.store(kind).live
    if len(query.groups) == 1:
        for condition in query.groups[0]:
            ids = _indexed_ids(portal, kind, condition)
            if ids is not None:
                return (live[record_id] for record_id in sorted(ids, key=int))
    return iter(live.values())


def _fits(portal: Portal, kind: ObjectSchema, query: Query, record: Record, now: int) -> bool:
    values = _indexed_values(portal, record, now)
    if values is None or not _has_text(kind, query.text, values):
        return False
    return not query.groups or any(
        all(_meets(portal, kind, condition, record, values) for condition in group) for group in query.groups
    )


def _indexed_values(portal: Portal, record: Record, now: int) -> dict[str, str] | None:
    lag = portal.settings.search_lag_seconds * 1000
    if now - record.updated >= lag:
        return record.properties
    return record.indexed if now - record.created >= lag else None


def _has_text(kind: ObjectSchema, text: str, values: dict[str, str]) -> bool:
    if not text:
        return True
    tokens = _tokens(" ".join(values.get(name, "") for name in _TEXT_SEARCHED[kind.plural]))
    return all(any(word.startswith(part) for word in tokens) for part in _tokens(text))


def _meets(portal: Portal, kind: ObjectSchema, condition: Filter, record: Record, values: dict[str, str]) -> bool:
    name = condition.property_name
    if name.startswith("associations."):
        return _is_linked(portal.associations, record, condition)
    value = values.get(name)
    if value is None and name in DERIVED[kind.plural]:
        value = DERIVED[kind.plural][name](record)
    return OPERATORS[condition.operator](value or "", condition, portal.definitions[kind.plural][name])


def _is_linked(associations: Associations, record: Record, condition: Filter) -> bool:
    target = find_object_type(condition.property_name.partition(".")[2])
    linked = associations.links_from(record.id, target.plural)
    ids = condition.values or (condition.value,)
    return {
        "HAS_PROPERTY": bool(linked),
        "NOT_HAS_PROPERTY": not linked,
        "NEQ": condition.value not in linked,
        "NOT_IN": not any(other in linked for other in ids),
    }.get(condition.operator, any(other in linked for other in ids))


def _comparable(definition: PropertyDefinition, text: str) -> float | str:
    if definition.type in {"date", "datetime"}:
        moment = parse_moment(text)
        return float(moment) if moment is not None else float("-inf")
    if definition.type == "number":
        try:
            return float(text)
        except ValueError:
            return float("-inf")
    return text.casefold()


def _equals(value: str, condition: Filter, definition: PropertyDefinition) -> bool:
    return bool(value) and _comparable(definition, value) == _comparable(definition, condition.value)


def _is_in(value: str, condition: Filter, definition: PropertyDefinition) -> bool:
    if not value:
        return False
    if definition.type == "enumeration":
        return any(part in condition.values for part in value.split(";"))
    # The index has lower-case text, and compares it with the given values as they are.
    comparable = value.casefold() if definition.type in {"string", "phone_number"} else value
    return comparable in condition.values


def _comparison(fits: Callable[[float | str, float | str], bool]) -> Callable[[str, Filter, PropertyDefinition], bool]:
    def meets(value: str, condition: Filter, definition: PropertyDefinition) -> bool:
        return bool(value) and fits(_comparable(definition, value), _comparable(definition, condition.value))

    return meets


def _is_between(value: str, condition: Filter, definition: PropertyDefinition) -> bool:
    if not value:
        return False
    low, high = _comparable(definition, condition.value), _comparable(definition, condition.high_value)
    return low <= _comparable(definition, value) <= high  # type: ignore[operator]  # both ends have the same type


def _contains(value: str, condition: Filter, _: PropertyDefinition) -> bool:
    tokens = _tokens(value)
    return all(any(_pattern(part).match(word) for word in tokens) for part in condition.value.casefold().split())


@cache
def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(translate(re.sub(r"[^\w*]", "", part)))


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


OPERATORS: dict[str, Callable[[str, Filter, PropertyDefinition], bool]] = {
    "EQ": _equals,
    "NEQ": lambda value, condition, definition: not _equals(value, condition, definition),
    "IN": _is_in,
    "NOT_IN": lambda value, condition, definition: bool(value) and not _is_in(value, condition, definition),
    "HAS_PROPERTY": lambda value, _, __: bool(value),
    "NOT_HAS_PROPERTY": lambda value, _, __: not value,
    "GT": _comparison(lambda value, limit: value > limit),  # type: ignore[operator]
    "GTE": _comparison(lambda value, limit: value >= limit),  # type: ignore[operator]
    "LT": _comparison(lambda value, limit: value < limit),  # type: ignore[operator]
    "LTE": _comparison(lambda value, limit: value <= limit),  # type: ignore[operator]
    "BETWEEN": _is_between,
    "CONTAINS_TOKEN": _contains,
    "NOT_CONTAINS_TOKEN": lambda value, condition, definition: not _contains(value, condition, definition),
}
"""Operators of filters: functions of a record's value, the filter and the definition that return whether they match."""


def _sort(
    kind: ObjectSchema,
    definitions: dict[str, PropertyDefinition],
    records: Sequence[Record],
    name: str,
    descending: bool,  # noqa: FBT001  # unpacked from the query's sort
) -> list[Record]:
    derive = DERIVED[kind.plural].get(name)

    def value(record: Record) -> str:
        return record.properties.get(name) or (derive(record) if derive else "")

    filled = [record for record in records if value(record)]
    empty = [record for record in records if not value(record)]
    filled.sort(key=lambda record: _comparable(definitions[name], value(record)), reverse=descending)
    return filled + empty
