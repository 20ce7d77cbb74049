"""How many records and custom properties the portal may still hold, where its API says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import CallRefusedError, ForbiddenError, PortalRefusedError
from simcrm.hubspot.record_urls import TYPE_IDS
from simcrm.models.crm_objects import ObjectType

_TYPES = {type_id: kind for kind, type_id in TYPE_IDS.items()}


@dataclass(frozen=True, slots=True)
class Places:
    """What the portal may hold of one type, and what it does."""

    limit: int
    usage: int

    @property
    def free(self) -> int:
        """What may still be created."""
        return max(0, self.limit - self.usage)


def places(client: HubSpotClient) -> dict[ObjectType, Places]:
    """Records by object type; empty where the API does not tell this token."""
    return _read(client, client.paths.record_limits(), "hubspotDefinedObjectTypes")


def _read(client: HubSpotClient, path: str, field: str) -> dict[ObjectType, Places]:
    try:
        rows = client.get(path).get(field) or []
    except (CallRefusedError, ForbiddenError):
        return {}
    found = {_TYPES.get(str(row.get("objectTypeId"))): _places(row) for row in rows}
    return {kind: held for kind, held in found.items() if kind is not None and held is not None}


def require_places(client: HubSpotClient, planned: Mapping[ObjectType, int]) -> None:
    """Refuse a run that the portal cannot hold, before its first write.

    Raises:
        PortalRefusedError: says how many records are planned and how many places are left.
    """
    present = places(client)
    for kind, count in planned.items():
        held = present.get(kind)
        if held is not None and held.free < count:
            raise PortalRefusedError(
                f"The portal has {held.free:,} of {held.limit:,} places for {kind} left, and {count:,} are planned: "
                "start a smaller simulation, or make room by a clean-up of an older one."
            )


def require_property_places(client: HubSpotClient, missing: Mapping[ObjectType, int]) -> None:
    """Refuse a portal that cannot take SimCRM's properties, before any of them is made.

    Raises:
        PortalRefusedError: says how many are missing and how many custom properties the portal may still have.
    """
    wanted = {kind: count for kind, count in missing.items() if count}
    present = _read(client, client.paths.property_limits(), "byObjectType") if wanted else {}
    for kind, count in wanted.items():
        held = present.get(kind)
        if held is not None and held.free < count:
            raise PortalRefusedError(
                f"The portal may have {held.limit:,} custom properties of {kind} and has {held.usage:,}; SimCRM needs "
                f"{count:,} more: delete some that nobody uses, or raise the portal's limit."
            )


def require_room(client: HubSpotClient, kind: ObjectType) -> None:
    """Find out whether records were refused because the portal is full.

    HubSpot does not document how it says so; the count does.

    Raises:
        PortalRefusedError: it is full.
    """
    held = places(client).get(kind)
    if held is not None and held.free == 0:
        raise PortalRefusedError(
            f"The portal is full: it holds all {held.limit:,} {kind} that it may. Make room or raise its limit, "
            "then resume the simulation."
        )


def _places(row: Mapping[str, Any]) -> Places | None:
    try:
        return Places(int(row["limit"]), int(row["usage"]))
    except (KeyError, TypeError, ValueError):
        return None
