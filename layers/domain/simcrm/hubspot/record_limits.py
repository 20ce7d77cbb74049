"""How many more records and custom properties the portal may hold, if its API says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import ForbiddenError, PortalAccessError, RequestRejectedError
from simcrm.hubspot.record_urls import OBJECT_TYPE_IDS
from simcrm.models.crm_objects import ObjectType

_TYPES = {type_id: kind for kind, type_id in OBJECT_TYPE_IDS.items()}


@dataclass(frozen=True, slots=True)
class RecordLimit:
    """The portal's limit for one type, and its usage."""

    limit: int
    usage: int

    @property
    def available(self) -> int:
        """How many can still be created."""
        return max(0, self.limit - self.usage)


def read_record_limits(client: HubSpotClient) -> dict[ObjectType, RecordLimit]:
    """Record limits by object type; empty if the API does not show them to this token."""
    return _read_limits(client, client.paths.record_limits(), "hubspotDefinedObjectTypes")


def _read_limits(client: HubSpotClient, path: str, field: str) -> dict[ObjectType, RecordLimit]:
    try:
        rows = client.get(path).get(field) or []
    except (RequestRejectedError, ForbiddenError):
        return {}
    limits = {_TYPES.get(str(row.get("objectTypeId"))): _parse_limit(row) for row in rows}
    return {kind: limit for kind, limit in limits.items() if kind is not None and limit is not None}


def require_capacity(client: HubSpotClient, planned: Mapping[ObjectType, int]) -> None:
    """Refuse a run that the portal cannot hold, before its first write.

    Raises:
        PortalAccessError: says how many records are planned and how many more the portal can hold.
    """
    present = read_record_limits(client)
    for kind, count in planned.items():
        limit = present.get(kind)
        if limit is not None and limit.available < count:
            raise PortalAccessError(
                f"The portal has room for {limit.available:,} more {kind.label} (its limit is {limit.limit:,}), and "
                f"{count:,} are planned: start a smaller simulation, or clean up an older one."
            )


def require_property_capacity(client: HubSpotClient, missing: Mapping[ObjectType, int]) -> None:
    """Refuse a portal that has no room for SimCRM's properties, before any of them is created.

    Raises:
        PortalAccessError: says how many are missing and how many custom properties the portal has and may have.
    """
    needed = {kind: count for kind, count in missing.items() if count}
    present = _read_limits(client, client.paths.property_limits(), "byObjectType") if needed else {}
    for kind, count in needed.items():
        limit = present.get(kind)
        if limit is not None and limit.available < count:
            raise PortalAccessError(
                f"The portal may have {limit.limit:,} custom properties of {kind.label} and has {limit.usage:,}; "
                f"SimCRM needs {count:,} more: delete unused ones, or raise the portal's limit."
            )


def raise_if_full(client: HubSpotClient, kind: ObjectType) -> None:
    """Check whether records were refused because the portal is full.

    HubSpot does not document the error for this, so the record count decides.

    Raises:
        PortalAccessError: it is full.
    """
    limit = read_record_limits(client).get(kind)
    if limit is not None and limit.available == 0:
        raise PortalAccessError(
            f"The portal is full: it has reached its limit of {limit.limit:,} {kind.label}. Free capacity or raise the "
            "limit, then resume the simulation."
        )


def _parse_limit(row: Mapping[str, Any]) -> RecordLimit | None:
    try:
        return RecordLimit(int(row["limit"]), int(row["usage"]))
    except (KeyError, TypeError, ValueError):
        return None
