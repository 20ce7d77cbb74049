"""Writes objects of one type in HubSpot's batches, so that writing twice changes nothing.

CRM objects are upserted by their record key. Activities are created with their associations inside, which
saves a call for each pair of types; one whose key the portal has already is adopted instead.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from simcrm import log
from simcrm.hubspot.association_types import association_types
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.errors import CallRefusedError, PortalBusyError
from simcrm.hubspot.properties import CRM_OBJECTS, RECORD_KEY
from simcrm.models.objects import ObjectType
from simcrm.models.planned import PlannedObject

T = TypeVar("T")

BATCH_INPUTS = 100
ASSOCIATION_INPUTS = 2_000


@dataclass(frozen=True, slots=True)
class WriteResults:
    """``ids`` by record key of what is in the portal, ``refused`` by record key with HubSpot's reason."""

    ids: dict[str, str]
    refused: dict[str, str]

    def add(self, other: "WriteResults") -> None:
        """Take the results of another batch."""
        self.ids.update(other.ids)
        self.refused.update(other.refused)


class BatchWriter:
    """Writes to one portal; knows batch sizes, trace ids and how answers name their inputs."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def write(self, objects: Sequence[PlannedObject], known_ids: dict[str, str]) -> WriteResults:
        """Write objects of one type; ``known_ids`` are the portal's ids of what they link to, by key.

        Raises:
            PortalBusyError, PortalRefusedError: nothing is known of some objects; writing all again is safe.
        """
        results = WriteResults({}, {})
        for chunk in _chunks(objects, BATCH_INPUTS):
            results.add(self._write_chunk(chunk, known_ids))
        if objects and objects[0].object_type in CRM_OBJECTS:
            self._associate(objects, known_ids | results.ids)
        return results

    def _write_chunk(self, chunk: Sequence[PlannedObject], known_ids: dict[str, str]) -> WriteResults:
        try:
            if chunk[0].object_type in CRM_OBJECTS:
                return self._upsert(chunk)
            return self._create(chunk, known_ids)
        except CallRefusedError as error:
            if len(chunk) == 1:
                return WriteResults({}, {chunk[0].key: str(error)})
        # HubSpot refused the batch without naming an input: halve it until the bad one is alone.
        middle = len(chunk) // 2
        results = self._write_chunk(chunk[:middle], known_ids)
        results.add(self._write_chunk(chunk[middle:], known_ids))
        return results

    def _upsert(self, chunk: Sequence[PlannedObject]) -> WriteResults:
        inputs = [
            {"id": item.key, "idProperty": RECORD_KEY, "properties": item.properties, "objectWriteTraceId": str(trace)}
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "upsert")
        return _results(chunk, self._client.post(path, {"inputs": inputs}))

    def _create(self, chunk: Sequence[PlannedObject], known_ids: dict[str, str]) -> WriteResults:
        inputs = [
            {
                "properties": item.properties,
                "associations": _associations(item, known_ids),
                "objectWriteTraceId": str(trace),
            }
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "create")
        results = _results(chunk, self._client.post(path, {"inputs": inputs}))
        adopted = self._find(chunk[0].object_type, list(results.refused))
        still_refused = {key: reason for key, reason in results.refused.items() if key not in adopted}
        return WriteResults(results.ids | adopted, still_refused)

    def _find(self, object_type: ObjectType, keys: list[str]) -> dict[str, str]:
        """The ids of objects that the portal has, by key: reads of the record store do not lag."""
        if not keys:
            return {}
        body = {"idProperty": RECORD_KEY, "properties": [RECORD_KEY], "inputs": [{"id": key} for key in keys]}
        answer = self._client.post(self._client.paths.batch(object_type, "read"), body)
        return _ids(answer)

    def _associate(self, objects: Sequence[PlannedObject], ids: dict[str, str]) -> None:
        by_type: dict[ObjectType, list[tuple[str, str]]] = {}
        for item in objects:
            for link in item.links:
                if item.key in ids:
                    by_type.setdefault(link.to_type, []).append((ids[item.key], ids[link.to_key]))
        for to_type, pairs in by_type.items():
            types = association_types(objects[0].object_type, to_type)
            path = self._client.paths.associate(objects[0].object_type, to_type)
            for part in _chunks(pairs, ASSOCIATION_INPUTS):
                inputs = [{"from": {"id": left}, "to": {"id": right}, "types": types} for left, right in part]
                refused = self._client.post(path, {"inputs": inputs}).get("errors") or []
                if refused:
                    log.event(
                        "ASSOCIATION_REFUSED",
                        "HubSpot refused associations",
                        level=logging.WARNING,
                        count=len(refused),
                        reason=refused[0].get("message"),
                    )


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _associations(item: PlannedObject, known_ids: dict[str, str]) -> list[JsonObject]:
    return [
        {"to": {"id": known_ids[link.to_key]}, "types": association_types(item.object_type, link.to_type)}
        for link in item.links
    ]


def _ids(answer: JsonObject) -> dict[str, str]:
    return {result["properties"][RECORD_KEY]: result["id"] for result in answer.get("results") or []}


def _results(chunk: Sequence[PlannedObject], answer: JsonObject) -> WriteResults:
    """Match an answer to its inputs: results by key, because HubSpot reorders them, errors by trace id."""
    refused = {
        chunk[int(trace)].key: str(error.get("message"))
        for error in answer.get("errors") or []
        for trace in (error.get("context") or {}).get("objectWriteTraceId") or []
    }
    results = WriteResults(_ids(answer), refused)
    if {item.key for item in chunk} != results.ids.keys() | refused.keys():
        raise PortalBusyError(f"HubSpot answered for {len(results.ids) + len(refused)} of {len(chunk)} inputs.")
    return results
