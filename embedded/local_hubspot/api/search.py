"""Search endpoint: parses the query and enforces its limits."""

from collections.abc import Sequence
from typing import Any, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from local_hubspot.api.objects import object_type_in_path
from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal.errors import InvalidPropertiesError, InvalidProperty, validation_error
from local_hubspot.portal.object_types import ObjectSchema, find_object_type
from local_hubspot.portal.record_search import OPERATORS, Filter, Query, search
from local_hubspot.portal.serialize import render_record, resolve_names, select_properties
from local_server.http_calls import ApiResponse

_MAX_BODY = 3000
_MAX_GROUPS = 5
_MAX_FILTERS_IN_GROUP = 6
_MAX_FILTERS = 18
_MAX_PAGE = 200
_MAX_HITS = 10_000
_NUMBERS_AS_TEXT = with_config(ConfigDict(coerce_numbers_to_str=True))


@_NUMBERS_AS_TEXT
class FilterInput(TypedDict):
    """One condition of a search."""

    propertyName: str
    operator: str
    value: NotRequired[str | None]
    highValue: NotRequired[str | None]
    values: NotRequired[list[str] | None]


class FilterGroupInput(TypedDict):
    """Conditions that must all hold."""

    filters: list[FilterInput]


@_NUMBERS_AS_TEXT
class SearchInput(TypedDict, total=False):
    """The body of a search."""

    filterGroups: list[FilterGroupInput] | None
    sorts: list[Any] | None
    query: str | None
    properties: list[str] | None
    limit: int | None
    after: str | int | None


def search_records(call: PortalCall) -> ApiResponse:
    """Search records of one object type."""
    kind = object_type_in_path(call)
    if len(call.request.body) > _MAX_BODY:
        raise validation_error(f"The request body is longer than {_MAX_BODY} characters.")
    search_input = call.parse_body(SearchInput)
    query = _query(call, kind, search_input)
    page = search(call.portal, kind, query, call.now)
    names = resolve_names(call.portal, kind, search_input.get("properties") or ())
    results = [
        render_record(call.portal, kind, record, select_properties(kind, record, names)) for record in page.records
    ]
    body: dict[str, Any] = {"total": page.total, "results": results}
    end = query.offset + len(results)
    if end < page.total:
        body["paging"] = {"next": {"after": str(end)}}
    return ApiResponse(200, body)


def _query(call: PortalCall, kind: ObjectSchema, search_input: SearchInput) -> Query:
    groups = tuple(tuple(_filter(row) for row in group["filters"]) for group in search_input.get("filterGroups") or ())
    _check_filters(call, kind, groups)
    requested_limit, after = search_input.get("limit"), str(search_input.get("after") or "0")
    limit = 10 if requested_limit is None else requested_limit
    if not 0 < limit <= _MAX_PAGE:
        raise validation_error(f"limit must be between 1 and {_MAX_PAGE}, was {limit}")
    if not after.isdecimal() or int(after) + limit > _MAX_HITS:
        raise validation_error(f"The search reaches only the first {_MAX_HITS} hits: after={after}, limit={limit}")
    sort = _sort(call, kind, search_input.get("sorts") or ())
    return Query(groups, search_input.get("query") or "", sort, int(after), limit)


def _filter(row: FilterInput) -> Filter:
    return Filter(
        row["propertyName"],
        row["operator"],
        row.get("value") or "",
        row.get("highValue") or "",
        tuple(row.get("values") or ()),
    )


def _check_filters(call: PortalCall, kind: ObjectSchema, groups: Sequence[Sequence[Filter]]) -> None:
    total = sum(len(group) for group in groups)
    greatest = max((len(group) for group in groups), default=0)
    if len(groups) > _MAX_GROUPS or greatest > _MAX_FILTERS_IN_GROUP or total > _MAX_FILTERS:
        raise validation_error(
            f"Too many filters: at most {_MAX_GROUPS} groups of {_MAX_FILTERS_IN_GROUP}, {_MAX_FILTERS} in all."
        )
    for condition in (condition for group in groups for condition in group):
        _check_filter(call, kind, condition)


def _check_filter(call: PortalCall, kind: ObjectSchema, condition: Filter) -> None:
    if condition.operator not in OPERATORS:
        raise validation_error(f"Unknown operator {condition.operator}", operator=[condition.operator])
    if condition.property_name.startswith("associations."):
        find_object_type(condition.property_name.partition(".")[2])
        return
    _require_known(call, kind, condition.property_name)
    if condition.operator in {"IN", "NOT_IN"} and not condition.values:
        raise validation_error(f"operator {condition.operator} requires values")


def _sort(call: PortalCall, kind: ObjectSchema, sorts: Sequence[Any]) -> tuple[str, bool] | None:
    if len(sorts) > 1:
        raise validation_error("Only one sort is supported.")
    if not sorts:
        return None
    first = sorts[0]
    if isinstance(first, dict):
        name, descending = str(first.get("propertyName", "")), first.get("direction") == "DESCENDING"
    else:
        name, descending = str(first).removeprefix("-"), str(first).startswith("-")
    _require_known(call, kind, name)
    return name, descending


def _require_known(call: PortalCall, kind: ObjectSchema, name: str) -> None:
    if name not in call.portal.definitions[kind.plural]:
        message = f'Property "{name}" does not exist'
        raise InvalidPropertiesError(
            [InvalidProperty(name, "PROPERTY_DOESNT_EXIST", message)], call.portal.settings.portal_id
        )
