"""Writes objects of one type in HubSpot's batches, so that writing twice changes nothing.

CRM objects are upserted by their record key. Activities are created with their associations inside, which
saves a call for each pair of types; one whose key the portal has already is adopted instead.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from simcrm.hubspot.association_types import association_types
from simcrm.hubspot.associations import link_all
from simcrm.hubspot.batch_reader import find_by_key, find_by_links, ids_by_key
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.common_cause import FEWEST, CommonCauses, divide
from simcrm.hubspot.custom_properties import CRM_OBJECTS, KEYS, RECORD_KEY
from simcrm.hubspot.errors import CallRefusedError, HeldBackError, PortalBusyError, PortalError, UnclearWriteError
from simcrm.hubspot.input_errors import Refusal, refusal_of_call, refusal_of_entry
from simcrm.hubspot.portal_setup import require_own_properties
from simcrm.hubspot.record_limits import require_room
from simcrm.models.crm_objects import ObjectType, PlannedObject

BATCH_INPUTS = 100
UNCLEAR_ATTEMPTS = 3
"""Creates of one batch whose answer is lost before the message goes back to its queue."""

GONE = "PROPERTY_DOESNT_EXIST"
"""A property that the portal does not have is refused for the whole batch, and is bad for all of it."""

Repair = Callable[[PlannedObject, Refusal], PlannedObject | None]
"""The object without what HubSpot refused, or None where that cannot be mended."""

LEFT_UNLINKED = "the run was aborted"


@dataclass(frozen=True, slots=True)
class WriteResults:
    """By record key: ``ids`` of what is in the portal, ``refused`` with HubSpot's reason, ``unlinked`` likewise.

    ``repaired`` are the objects that were sent again without what HubSpot had refused.
    """

    ids: dict[str, str]
    refused: dict[str, str]
    unlinked: dict[str, str] = field(default_factory=dict)
    repaired: dict[str, PlannedObject] = field(default_factory=dict)


@dataclass(slots=True)
class _Batch:
    """What one call or several about the same objects have settled so far."""

    ids: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)

    def add(self, other: "_Batch") -> None:
        self.ids.update(other.ids)
        self.refused.update(other.refused)


class BatchWriter:
    """Writes to one portal; knows batch sizes, trace ids and how answers name their inputs."""

    def __init__(
        self,
        client: HubSpotClient,
        *,
        threads: int = 1,
        has_key: Callable[[ObjectType], bool] = lambda _kind: True,
        repair: Repair = lambda _item, _refusal: None,
        is_held: Callable[[PlannedObject], bool] = lambda _item: False,
        causes: CommonCauses | None = None,
    ) -> None:
        """``has_key`` tells whether the portal keeps the record key of a type unique; of activities it may not.

        ``is_held`` is asked before every call: what it holds back is not written, and is in no result. ``causes`` are
        what earlier writers of this process have met.
        """
        self._client = client
        self._threads = threads
        self._has_key = has_key
        self._repair = repair
        self._is_held = is_held
        self._causes = CommonCauses() if causes is None else causes

    def write(self, objects: Sequence[PlannedObject], known_ids: dict[str, str]) -> WriteResults:
        """Write objects of one type; ``known_ids`` are the portal's ids of what they link to, by key.

        Raises:
            PortalBusyError, PortalRefusedError: nothing is known of some objects; writing all again is safe. The error
                tells which are in the portal.
        """
        written = _Batch()
        try:
            return self._write(objects, known_ids, written)
        except PortalError as error:
            error.written = written.ids
            raise

    def _write(self, objects: Sequence[PlannedObject], known_ids: dict[str, str], written: _Batch) -> WriteResults:
        self._write_all(objects, known_ids, written)
        self._require_own_properties(objects, written.refused)
        repaired = [fixed for item in objects if (fixed := self._mended(item, written.refused)) is not None]
        if repaired:
            self._write_all(repaired, known_ids, written)
            for key in written.ids.keys() & written.refused.keys():
                del written.refused[key]
        if any(refusal.is_unexplained for refusal in written.refused.values()):
            require_room(self._client, objects[0].object_type)
        unlinked: dict[str, str] = {}
        if objects and objects[0].object_type in CRM_OBJECTS:
            unlinked = self._link(objects, known_ids | written.ids)
        refused = {key: item.message for key, item in written.refused.items()}
        return WriteResults(written.ids, refused, unlinked, {item.key: item for item in repaired})

    def _require_own_properties(self, objects: Sequence[PlannedObject], refused: Mapping[str, Refusal]) -> None:
        """Look where HubSpot says that it does not know a property by which records are told apart.

        Raises:
            DefinitionsLostError: it is right.
            PortalBusyError: it will know it soon.
        """
        if any(refusal.names(KEYS, GONE) for refusal in refused.values()):
            require_own_properties(self._client, objects[0].object_type)
            raise PortalBusyError("HubSpot does not know yet all properties that it has.")

    def _link(self, objects: Sequence[PlannedObject], ids: dict[str, str]) -> dict[str, str]:
        """Reasons by key of what is not linked; associations that were made are simply made again."""
        free = self._free(objects)
        left = {item.key for item in objects if item.links and item.key in ids} - {item.key for item in free}
        held = dict.fromkeys(left, LEFT_UNLINKED)
        try:
            return held | (link_all(self._guarded(free), free, ids) if free else {})
        except HeldBackError:
            return self._link(objects, ids)

    def _free(self, objects: Sequence[PlannedObject]) -> list[PlannedObject]:
        return [item for item in objects if not self._is_held(item)]

    def _guarded(self, objects: Sequence[PlannedObject]) -> HubSpotClient:
        """A client that sends nothing once one of these objects is held back."""

        def check() -> None:
            if any(map(self._is_held, objects)):
                raise HeldBackError

        return self._client.guarded(check)

    def _mended(self, item: PlannedObject, refused: Mapping[str, Refusal]) -> PlannedObject | None:
        refusal = refused.get(item.key)
        return None if refusal is None else self._repair(item, refusal)

    def _write_all(self, objects: Sequence[PlannedObject], known_ids: dict[str, str], total: _Batch) -> None:
        """Batches side by side: HubSpot takes seconds for a full one, and its limit allows many at a time."""
        parts = [objects[start : start + BATCH_INPUTS] for start in range(0, len(objects), BATCH_INPUTS)]
        if self._threads == 1 or len(parts) < 2:  # noqa: PLR2004 - nothing is beside one
            for part in parts:
                total.add(self._write_chunk(part, known_ids))
            return
        with ThreadPoolExecutor(self._threads) as pool:
            begun = [pool.submit(self._write_chunk, part, known_ids) for part in parts]
            wait(begun, return_when=FIRST_EXCEPTION)
            pool.shutdown(cancel_futures=True)
        ended = [future for future in begun if not future.cancelled()]
        for future in ended:
            if future.exception() is None:
                total.add(future.result())
        for future in ended:
            future.result()

    def _write_chunk(self, wanted: Sequence[PlannedObject], known_ids: dict[str, str]) -> _Batch:
        chunk = self._free(wanted)
        try:
            written = self._write_once(chunk, known_ids)
        except CallRefusedError as error:
            written = self._search(chunk, known_ids, refusal_of_call(error))
        if written.ids:
            self._causes.settled(chunk)
        return written

    def _search(self, chunk: Sequence[PlannedObject], known_ids: dict[str, str], refusal: Refusal) -> _Batch:
        """HubSpot refused the batch without naming an input: find the bad ones, unless the cause is not theirs."""
        if any(problem.code == GONE for problem in refusal.problems):
            return _Batch(refused={item.key: refusal for item in chunk})
        total = _Batch()

        def attempt(part: Sequence[PlannedObject]) -> Refusal | None:
            try:
                total.add(self._write_once(part, known_ids))
            except CallRefusedError as error:
                return refusal_of_call(error)
            return None

        total.refused |= divide(chunk, refusal, attempt)
        if len(chunk) >= FEWEST and not total.ids and len(total.refused) == len(chunk):
            require_own_properties(self._client, chunk[0].object_type)
            self._causes.refused(chunk, refusal)
        return total

    def _write_once(self, wanted: Sequence[PlannedObject], known_ids: dict[str, str]) -> _Batch:
        chunk = self._free(wanted)
        if not chunk:
            return _Batch()
        try:
            if chunk[0].object_type in CRM_OBJECTS:
                return self._upsert(chunk)
            return self._create(chunk, known_ids)
        except HeldBackError:
            return self._write_once(chunk, known_ids)

    def _upsert(self, chunk: Sequence[PlannedObject]) -> _Batch:
        inputs = [
            {"id": item.key, "idProperty": RECORD_KEY, "properties": item.properties, "objectWriteTraceId": str(trace)}
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "upsert")
        answer = self._guarded(chunk).post(path, {"inputs": inputs})
        return self._adopt(chunk[0].object_type, _results(chunk, answer))

    def _create(self, chunk: Sequence[PlannedObject], known_ids: dict[str, str]) -> _Batch:
        """Create what is not there; after an answer was lost, look first."""
        total, left, lost = _Batch(), list(chunk), PortalBusyError("no answer")
        look = not self._has_key(chunk[0].object_type)
        for _ in range(UNCLEAR_ATTEMPTS):
            if look:
                total.ids.update(self._present(left, known_ids))
                left = [item for item in left if item.key not in total.ids]
            if not left:
                return total
            try:
                total.add(self._create_once(left, known_ids))
            except UnclearWriteError as error:
                lost, look = error, True
            else:
                return total
        raise PortalBusyError(str(lost), lost.retry_after)

    def _create_once(self, chunk: Sequence[PlannedObject], known_ids: dict[str, str]) -> _Batch:
        inputs = [
            {
                "properties": item.properties,
                "associations": _associations(item, known_ids),
                "objectWriteTraceId": str(trace),
            }
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "create")
        return self._adopt(chunk[0].object_type, _results(chunk, self._guarded(chunk).create(path, {"inputs": inputs})))

    def _present(self, chunk: Sequence[PlannedObject], known_ids: dict[str, str]) -> dict[str, str]:
        kind = chunk[0].object_type
        if not self._has_key(kind):
            return find_by_links(self._client, chunk, known_ids)
        return find_by_key(self._client, kind, [item.key for item in chunk])

    def _adopt(self, kind: ObjectType, batch: _Batch) -> _Batch:
        """Of inputs that clash with a record of the portal, those that are that record are there already.

        A record with another key is somebody else's and is left alone.
        """
        clashing = [key for key, refusal in batch.refused.items() if refusal.is_conflict]
        if clashing and self._has_key(kind):
            for key, found in find_by_key(self._client, kind, clashing).items():
                batch.ids[key] = found
                del batch.refused[key]
        return batch


def _associations(item: PlannedObject, known_ids: dict[str, str]) -> list[JsonObject]:
    return [
        {"to": {"id": known_ids[link.to_key]}, "types": association_types(item.object_type, link.to_type)}
        for link in item.links
    ]


def _results(chunk: Sequence[PlannedObject], answer: JsonObject) -> _Batch:
    """Match an answer to its inputs: results by key, because HubSpot reorders them, errors by trace id."""
    refused = {
        chunk[int(trace)].key: refusal_of_entry(error)
        for error in answer.get("errors") or []
        for trace in (error.get("context") or {}).get("objectWriteTraceId") or []
    }
    batch = _Batch(ids_by_key(answer), refused)
    if {item.key for item in chunk} != batch.ids.keys() | refused.keys():
        raise UnclearWriteError(f"HubSpot answered for {len(batch.ids) + len(refused)} of {len(chunk)} inputs.")
    return batch
