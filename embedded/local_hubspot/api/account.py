"""Account endpoints: details, owners, call dispositions, limits of records and properties."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal.definitions import data_table
from local_hubspot.portal.errors import HubSpotError
from local_hubspot.portal.object_types import OBJECT_TYPES
from local_server.http_calls import ApiResponse

_OWNED_SINCE = "2025-01-06T09:00:00Z"
RECORD_LIMIT = 15_000_000
_PROPERTY_LIMIT = 1_000


def details(call: PortalCall) -> ApiResponse:
    """Return details of the account."""
    settings = call.portal.settings
    offset = datetime.fromtimestamp(call.now / 1000, UTC).astimezone(ZoneInfo(settings.time_zone)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign = "-" if minutes < 0 else "+"
    body: dict[str, Any] = {
        "portalId": settings.portal_id,
        "accountType": settings.account_type,
        "timeZone": settings.time_zone,
        "companyCurrency": settings.currency,
        "additionalCurrencies": list(settings.further_currencies),
        "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return ApiResponse(200, body)


def list_owners(call: PortalCall) -> ApiResponse:
    """Return a page of owners, or the owner with the given e-mail address."""
    limit, after, email = call.number("limit", 100, 500), call.number("after", 0), call.request.parameter("email")
    owners = [owner for owner in call.portal.owners if email in {None, owner["email"]} and int(owner["id"]) > after]
    body: dict[str, Any] = {"results": [] if call.flag("archived") else [_owner(row) for row in owners[:limit]]}
    if len(owners) > limit:
        body["paging"] = {"next": {"after": owners[limit - 1]["id"]}}
    return ApiResponse(200, body)


def read_owner(call: PortalCall) -> ApiResponse:
    """Return one owner by id, or by user id with ``idProperty=userId``."""
    name = "userId" if call.request.parameter("idProperty") == "userId" else "id"
    for owner in call.portal.owners:
        if str(owner[name]) == call.request.path["ownerId"]:
            return ApiResponse(200, _owner(owner))
    raise HubSpotError(404, f"Owner {call.request.path['ownerId']} does not exist", category="OBJECT_NOT_FOUND")


def list_dispositions(_: PortalCall) -> ApiResponse:
    """Return the possible outcomes of a call."""
    return ApiResponse(200, data_table("dispositions"))


def record_limits(call: PortalCall) -> ApiResponse:
    """Return how many records the account has and may have."""
    limit = call.portal.settings.records_per_object
    rows = [
        _usage(plural, len(store.live), RECORD_LIMIT if limit is None else limit)
        for plural, store in call.portal.stores.items()
        if not store.object_type.is_activity
    ]
    custom = {"byObjectType": [], "overallLimit": 0, "overallUsage": 0, "overallPercentage": 0.0}
    return ApiResponse(200, {"hubspotDefinedObjectTypes": rows, "customObjectTypes": custom})


def property_limits(call: PortalCall) -> ApiResponse:
    """Return how many custom properties the account has and may have."""
    rows = []
    for plural, definitions in call.portal.definitions.items():
        custom = [row for row in definitions.values() if not row.hubspot_defined and not row.archived]
        rows.append(_usage(plural, len(custom), _PROPERTY_LIMIT))
    usage, limit = sum(row["usage"] for row in rows), _PROPERTY_LIMIT * len(rows)
    overall = {"overallLimit": limit, "overallUsage": usage, "overallPercentage": round(100 * usage / limit, 2)}
    return ApiResponse(200, {"byObjectType": rows} | overall)


def _owner(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "email": row["email"],
        "type": "PERSON",
        "firstName": row["firstName"],
        "lastName": row["lastName"],
        "userId": row["userId"],
        "userIdIncludingInactive": row["userId"],
        "createdAt": _OWNED_SINCE,
        "updatedAt": _OWNED_SINCE,
        "archived": False,
    }


def _usage(plural: str, usage: int, limit: int) -> dict[str, Any]:
    kind = OBJECT_TYPES[plural]
    return {
        "objectTypeId": kind.id,
        "singularLabel": kind.singular.title(),
        "pluralLabel": plural.title(),
        "limit": limit,
        "usage": usage,
        "percentage": round(100 * usage / limit, 2) if limit else 100.0,
    }
