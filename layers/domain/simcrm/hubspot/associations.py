"""Create the associations of written objects in bulk."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from simcrm.core.log import log_event
from simcrm.core.redaction import redact_and_truncate
from simcrm.hubspot.association_types import association_type_inputs
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.common_cause import MIN_OBJECTS
from simcrm.hubspot.errors import RequestRejectedError
from simcrm.models.crm_objects import CrmObject, ObjectType

ASSOCIATION_INPUTS = 2_000
MAX_HALVINGS = 64
"""Enough to find five bad pairs among 2,000; if there are more, all remaining pairs share the call's reason."""


class IdPair(NamedTuple):
    """The portal's IDs of two records to associate, and the association type ID of their label, if they have one."""

    from_id: str
    to_id: str
    label_type_id: int | None = None


IdPairs = Sequence[IdPair]


def create_associations(client: HubSpotClient, objects: Sequence[CrmObject], ids: dict[str, str]) -> dict[str, str]:
    """Associate objects of one type with their parents; return HubSpot's reasons for refusals by record key.

    ``ids`` are the portal's IDs by record key; an object without an ID is not associated.
    """
    by_type: dict[ObjectType, list[IdPair]] = {}
    for item in objects:
        for link in item.associations:
            if item.key in ids:
                by_type.setdefault(link.to_type, []).append(IdPair(ids[item.key], ids[link.to_key], link.label_type_id))
    refused: dict[str, str] = {}
    for to_type, pairs in by_type.items():
        for start in range(0, len(pairs), ASSOCIATION_INPUTS):
            part = pairs[start : start + ASSOCIATION_INPUTS]
            refused |= _create_pairs(client, objects[0].object_type, to_type, part)
    keys = {ids[item.key]: item.key for item in objects if item.key in ids}
    return {keys[from_id]: reason for from_id, reason in refused.items() if from_id in keys}


def _create_pairs(client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: IdPairs) -> dict[str, str]:
    """HubSpot's reasons for refusals by the ID of the pair's first record.

    A call that is refused without naming a pair is halved until the bad pair is isolated, unless all pairs share the
    cause.
    """
    refused: dict[str, str] = {}
    halvings, waiting = 0, [pairs]
    while waiting:
        part = waiting.pop()
        named, unnamed = _post_pairs(client, from_type, to_type, part)
        refused |= named
        if unnamed is None:
            continue
        is_whole = halvings == 0 and part is pairs
        if (
            len(part) == 1
            or halvings == MAX_HALVINGS
            or (is_whole and _is_common_cause(client, from_type, to_type, part))
        ):
            refused |= {from_id: unnamed for from_id, _, _ in part}
        else:
            halvings, middle = halvings + 1, len(part) // 2
            waiting += [part[:middle], part[middle:]]
    if refused:
        log_event(
            "ASSOCIATION_REFUSED",
            "HubSpot refused associations",
            level=logging.WARNING,
            count=len(refused),
            reason=next(iter(refused.values())),
        )
    return refused


def _is_common_cause(client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: IdPairs) -> bool:
    """Whether three pairs of a refused call are also refused alone; the first accepted one ends the check."""
    if len(pairs) < MIN_OBJECTS:
        return False
    probes = (pairs[len(pairs) // 4], pairs[3 * len(pairs) // 4], pairs[-1])
    return all(_post_pairs(client, from_type, to_type, [probe])[1] is not None for probe in probes)


def _post_pairs(
    client: HubSpotClient, from_type: ObjectType, to_type: ObjectType, pairs: IdPairs
) -> tuple[dict[str, str], str | None]:
    """The reasons that name their pair, and the first reason that names none.

    A call that is refused as a whole is repeated without labels, which the portal may have lost.
    """
    inputs = [
        {
            "from": {"id": pair.from_id},
            "to": {"id": pair.to_id},
            "types": association_type_inputs(from_type, to_type, pair.label_type_id),
        }
        for pair in pairs
    ]
    try:
        errors = (
            client.post(client.paths.create_associations(from_type, to_type), {"inputs": inputs}).get("errors") or []
        )
    except RequestRejectedError as error:
        if any(pair.label_type_id is not None for pair in pairs):
            _log_lost_labels(pairs, error)
            return _post_pairs(client, from_type, to_type, [pair._replace(label_type_id=None) for pair in pairs])
        return {}, str(error)
    named = {end: redact_and_truncate(str(error.get("message"))) for error in errors for end in _from_ids(error)}
    return named, next(
        (redact_and_truncate(str(error.get("message"))) for error in errors if not _from_ids(error)), None
    )


def _log_lost_labels(pairs: IdPairs, error: RequestRejectedError) -> None:
    log_event(
        "LABELS_REFUSED",
        "HubSpot refused labelled associations: they are created without labels",
        level=logging.WARNING,
        count=sum(pair.label_type_id is not None for pair in pairs),
        reason=str(error),
    )


def _from_ids(error: JsonObject) -> list[str]:
    return [str(record_id) for record_id in (error.get("context") or {}).get("fromObjectId") or []]
