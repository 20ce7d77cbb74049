"""Associations of objects that were written, in bulk."""

import logging
from collections.abc import Sequence

from simcrm.core import log
from simcrm.core.redaction import quoted
from simcrm.hubspot.association_types import association_types
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.common_cause import FEWEST
from simcrm.hubspot.errors import CallRefusedError
from simcrm.models.crm_objects import ObjectType, PlannedObject

ASSOCIATION_INPUTS = 2_000
MOST_HALVINGS = 64
"""Finds five bad pairs among 2,000; where more are bad, the call is, and its pairs share the reason."""

Pairs = Sequence[tuple[str, str]]


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


def _link(client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: Pairs) -> dict[str, str]:
    """Reasons by the id of the pair's first end.

    A call that is refused without naming a pair is halved until the bad pair is alone, unless the cause is no pair's.
    """
    refused: dict[str, str] = {}
    halvings, waiting = 0, [pairs]
    while waiting:
        part = waiting.pop()
        named, unnamed = _associate(client, from_type, to_type, part)
        refused |= named
        if unnamed is None:
            continue
        is_whole = halvings == 0 and part is pairs
        if len(part) == 1 or halvings == MOST_HALVINGS or (is_whole and _is_common(client, from_type, to_type, part)):
            refused |= {left: unnamed for left, _ in part}
        else:
            halvings, middle = halvings + 1, len(part) // 2
            waiting += [part[:middle], part[middle:]]
    if refused:
        log.event(
            "ASSOCIATION_REFUSED",
            "HubSpot refused associations",
            level=logging.WARNING,
            count=len(refused),
            reason=next(iter(refused.values())),
        )
    return refused


def _is_common(client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: Pairs) -> bool:
    """Whether three pairs of a call that was refused are refused alone too; one that is not ends the question."""
    if len(pairs) < FEWEST:
        return False
    probes = (pairs[len(pairs) // 4], pairs[3 * len(pairs) // 4], pairs[-1])
    return all(_associate(client, from_type, to_type, [probe])[1] is not None for probe in probes)


def _associate(
    client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: Pairs
) -> tuple[dict[str, str], str | None]:
    """The reasons that name their pair, and the one that names none."""
    types = association_types(from_type, to_type)
    inputs = [{"from": {"id": left}, "to": {"id": right}, "types": types} for left, right in pairs]
    try:
        errors = client.post(client.paths.associate(from_type, to_type), {"inputs": inputs}).get("errors") or []
    except CallRefusedError as error:
        return {}, str(error)
    named = {end: quoted(str(error.get("message"))) for error in errors for end in _ends(error)}
    return named, next((quoted(str(error.get("message"))) for error in errors if not _ends(error)), None)


def _ends(error: JsonObject) -> list[str]:
    return [str(found) for found in (error.get("context") or {}).get("fromObjectId") or []]
