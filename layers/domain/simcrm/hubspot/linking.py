"""Associations of objects that were written, in bulk."""

import logging
from collections.abc import Sequence

from simcrm import log
from simcrm.hubspot.association_types import association_types
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.models.objects import ObjectType
from simcrm.models.planned import PlannedObject

ASSOCIATION_INPUTS = 2_000


def link_all(client: HubSpotClient, objects: Sequence[PlannedObject], ids: dict[str, str]) -> dict[str, str]:
    """Associate objects of one type with what they belong to; returns HubSpot's reason by key where it refuses.

    ``ids`` are the portal's ids by key; an object without one is linked to nothing.
    """
    by_type: dict[ObjectType, list[tuple[str, str]]] = {}
    for item in objects:
        for link in item.links:
            if item.key in ids:
                by_type.setdefault(link.to_type, []).append((ids[item.key], ids[link.to_key]))
    refused: dict[str, str] = {}
    for to_type, pairs in by_type.items():
        for start in range(0, len(pairs), ASSOCIATION_INPUTS):
            part = pairs[start : start + ASSOCIATION_INPUTS]
            refused |= _link(client, objects[0].object_type, to_type, part)
    keys = {ids[item.key]: item.key for item in objects if item.key in ids}
    return {keys[found]: reason for found, reason in refused.items() if found in keys}


def _link(
    client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Reasons by the id of the pair's first end."""
    types = association_types(from_type, to_type)
    inputs = [{"from": {"id": left}, "to": {"id": right}, "types": types} for left, right in pairs]
    errors = client.post(client.paths.associate(from_type, to_type), {"inputs": inputs}).get("errors") or []
    if errors:
        log.event(
            "ASSOCIATION_REFUSED",
            "HubSpot refused associations",
            level=logging.WARNING,
            count=len(errors),
            reason=errors[0].get("message"),
        )
    return {end: str(error.get("message")) for error in errors for end in _ends(error)}


def _ends(error: JsonObject) -> list[str]:
    return [str(found) for found in (error.get("context") or {}).get("fromObjectId") or []]
