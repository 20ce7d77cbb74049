"""How many records the portal may still hold, where its API says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simcrm.hubspot.addresses import TYPE_IDS
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import CallRefusedError, PortalRefusedError
from simcrm.models.objects import ObjectType

_TYPES = {type_id: kind for kind, type_id in TYPE_IDS.items()}


@dataclass(frozen=True, slots=True)
class Places:
    """The records of one type that the portal may hold, and those it does."""

    limit: int
    usage: int

    @property
    def free(self) -> int:
        """What may still be created."""
        return max(0, self.limit - self.usage)


def places(client: HubSpotClient) -> dict[ObjectType, Places]:
    """By object type; empty where the API does not tell this token."""
    try:
        rows = client.get(client.paths.record_limits()).get("hubspotDefinedObjectTypes") or []
    except CallRefusedError:
        return {}
    except PortalRefusedError as error:
        if not error.scopes:
            raise
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
