"""Writes objects of one type in HubSpot batches, idempotently.

CRM objects are upserted by record key, and so are products and line items if the portal has made their key unique.
Activities are created together with their associations, which saves a call for each pair of types; if the portal
already has an activity's key, that activity is adopted instead.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from simcrm.hubspot.association_types import association_type_inputs
from simcrm.hubspot.associations import create_associations
from simcrm.hubspot.batch_reader import (
    MAX_READ_INPUTS,
    find_by_associations,
    find_by_key,
    find_by_listing,
    ids_by_key,
    read_objects,
)
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.common_cause import MIN_OBJECTS, CommonCauses, find_rejected
from simcrm.hubspot.custom_properties import CRM_OBJECTS, KEY_PROPERTIES, RECORD_KEY
from simcrm.hubspot.errors import (
    PortalError,
    PortalUnavailableError,
    RequestRejectedError,
    UnknownWriteOutcomeError,
    WriteBlockedError,
)
from simcrm.hubspot.input_errors import InputError, input_error_from_call, parse_batch_error
from simcrm.hubspot.portal_setup import require_custom_properties
from simcrm.hubspot.record_limits import raise_if_full
from simcrm.models.crm_objects import CrmObject, ObjectType

MAX_BATCH_INPUTS = 100
MAX_CREATE_ATTEMPTS = 3
"""Attempts to create a batch when responses are lost, before the message returns to its queue."""

KEYED_IF_UNIQUE = {ObjectType.PRODUCTS, ObjectType.LINE_ITEMS}
"""Types that are upserted only if the portal enforces unique record keys for them."""

UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"
"""HubSpot refuses the whole batch for a property that the portal does not have, so all its objects are bad."""

PropertyFixer = Callable[[CrmObject, InputError], CrmObject | None]
"""Returns the object without what HubSpot refused, or None if that cannot be fixed."""

NOT_ASSOCIATED = "the run was aborted"


@dataclass(frozen=True, slots=True)
class WriteResults:
    """By record key: ``ids`` of what is in the portal, HubSpot's reasons in ``rejected`` and ``not_associated``.

    ``fixed`` holds the objects that were sent again without what HubSpot had refused.
    """

    ids: dict[str, str]
    rejected: dict[str, str]
    not_associated: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, CrmObject] = field(default_factory=dict)


@dataclass(slots=True)
class _BatchResult:
    """What one or more calls about the same objects have settled so far."""

    ids: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, InputError] = field(default_factory=dict)

    def add(self, other: "_BatchResult") -> None:
        self.ids.update(other.ids)
        self.rejected.update(other.rejected)


class BatchWriter:
    """Writes to one portal; knows batch sizes, trace IDs and how responses identify their inputs."""

    def __init__(
        self,
        client: HubSpotClient,
        *,
        threads: int = 1,
        has_key: Callable[[ObjectType], bool] = lambda _kind: True,
        fix_properties: PropertyFixer = lambda _item, _refusal: None,
        is_blocked: Callable[[CrmObject], bool] = lambda _item: False,
        causes: CommonCauses | None = None,
    ) -> None:
        """``has_key`` tells whether the portal enforces unique record keys for a type; for activities it may not.

        ``is_blocked`` is checked before every call: a blocked object is not written and appears in no result.
        ``causes`` holds what earlier writers of this process encountered.
        """
        self._client = client
        self._threads = threads
        self._has_key = has_key
        self._fix_properties = fix_properties
        self._is_blocked = is_blocked
        self._causes = CommonCauses() if causes is None else causes

    def write(self, objects: Sequence[CrmObject], known_ids: dict[str, str]) -> WriteResults:
        """Write objects of one type; ``known_ids`` are the portal's IDs of the records they link to, by key.

        Raises:
            PortalUnavailableError, PortalAccessError: the outcome of some objects is unknown; writing all of them again
                is safe. The error's ``written`` holds those that are in the portal.
        """
        written = _BatchResult()
        try:
            return self._write(objects, known_ids, written)
        except PortalError as error:
            error.written = written.ids
            raise

    def read_values(
        self, objects: Sequence[CrmObject], names: Mapping[str, Iterable[str]], known_ids: Mapping[str, str]
    ) -> dict[str, dict[str, str | None]]:
        """The portal's values of some properties of objects of one type, by key; objects it no longer has are absent.

        ``names`` are the properties by key, ``known_ids`` the portal's IDs. Blocked objects are not read.
        """
        values: dict[str, dict[str, str | None]] = {}
        for start in range(0, len(objects), MAX_READ_INPUTS):
            values |= self._read_chunk(objects[start : start + MAX_READ_INPUTS], names, known_ids)
        return values

    def _read_chunk(
        self, objects: Sequence[CrmObject], names: Mapping[str, Iterable[str]], known_ids: Mapping[str, str]
    ) -> dict[str, dict[str, str | None]]:
        chunk = self._writable(objects)
        if not chunk:
            return {}
        keys = {known_ids[item.key]: item.key for item in chunk}
        asked = sorted({name for key in keys.values() for name in names[key]})
        try:
            rows = read_objects(self._checked_client(chunk), chunk[0].object_type, list(keys), asked)
        except WriteBlockedError:
            return self._read_chunk(chunk, names, known_ids)
        return {keys[row["id"]]: row["properties"] for row in rows if row["id"] in keys}

    def _write(self, objects: Sequence[CrmObject], known_ids: dict[str, str], written: _BatchResult) -> WriteResults:
        self._write_all(objects, known_ids, written)
        self._require_custom_properties(objects, written.rejected)
        repaired = [fixed for item in objects if (fixed := self._fix(item, written.rejected)) is not None]
        if repaired:
            self._write_all(repaired, known_ids, written)
            for key in written.ids.keys() & written.rejected.keys():
                del written.rejected[key]
        if any(input_error.has_no_cause for input_error in written.rejected.values()):
            raise_if_full(self._client, objects[0].object_type)
        unlinked: dict[str, str] = {}
        if objects and self._is_upserted(objects[0].object_type):
            unlinked = self._associate(objects, known_ids | written.ids)
        refused = {key: item.message for key, item in written.rejected.items()}
        return WriteResults(written.ids, refused, unlinked, {item.key: item for item in repaired})

    def _require_custom_properties(self, objects: Sequence[CrmObject], refused: Mapping[str, InputError]) -> None:
        """Check the portal if HubSpot does not recognise a property that identifies records.

        Raises:
            MissingPropertiesError: the property is missing.
            PortalUnavailableError: the property exists, and HubSpot will soon recognise it.
        """
        if any(input_error.names(KEY_PROPERTIES, UNKNOWN_PROPERTY) for input_error in refused.values()):
            require_custom_properties(self._client, objects[0].object_type)
            raise PortalUnavailableError("HubSpot does not yet recognize all of its properties.")

    def _associate(self, objects: Sequence[CrmObject], ids: dict[str, str]) -> dict[str, str]:
        """Reasons by key for what is not associated; creating existing associations again is harmless."""
        writable = self._writable(objects)
        blocked = {item.key for item in objects if item.associations and item.key in ids} - {
            item.key for item in writable
        }
        reasons = dict.fromkeys(blocked, NOT_ASSOCIATED)
        try:
            return reasons | (create_associations(self._checked_client(writable), writable, ids) if writable else {})
        except WriteBlockedError:
            return self._associate(objects, ids)

    def _writable(self, objects: Sequence[CrmObject]) -> list[CrmObject]:
        return [item for item in objects if not self._is_blocked(item)]

    def _checked_client(self, objects: Sequence[CrmObject]) -> HubSpotClient:
        """A client that sends nothing once one of these objects is blocked."""

        def check() -> None:
            if any(map(self._is_blocked, objects)):
                raise WriteBlockedError

        return self._client.with_check(check)

    def _fix(self, item: CrmObject, refused: Mapping[str, InputError]) -> CrmObject | None:
        input_error = refused.get(item.key)
        return None if input_error is None else self._fix_properties(item, input_error)

    def _write_all(self, objects: Sequence[CrmObject], known_ids: dict[str, str], total: _BatchResult) -> None:
        """Write batches in parallel: a full one takes HubSpot seconds, and its limit allows many at a time."""
        parts = [objects[start : start + MAX_BATCH_INPUTS] for start in range(0, len(objects), MAX_BATCH_INPUTS)]
        if self._threads == 1 or len(parts) < 2:  # noqa: PLR2004 - one part needs no threads
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

    def _write_chunk(self, objects: Sequence[CrmObject], known_ids: dict[str, str]) -> _BatchResult:
        chunk = self._writable(objects)
        try:
            written = self._write_once(chunk, known_ids)
        except RequestRejectedError as error:
            written = self._find_rejected(chunk, known_ids, input_error_from_call(error))
        if written.ids:
            self._causes.note_success(chunk)
        return written

    def _find_rejected(
        self, chunk: Sequence[CrmObject], known_ids: dict[str, str], input_error: InputError
    ) -> _BatchResult:
        """Find the bad inputs of a batch refused without naming any, unless they are not the cause."""
        if any(problem.code == UNKNOWN_PROPERTY for problem in input_error.property_errors):
            return _BatchResult(rejected={item.key: input_error for item in chunk})
        total = _BatchResult()

        def attempt(part: Sequence[CrmObject]) -> InputError | None:
            try:
                total.add(self._write_once(part, known_ids))
            except RequestRejectedError as error:
                return input_error_from_call(error)
            return None

        total.rejected |= find_rejected(chunk, input_error, attempt)
        if len(chunk) >= MIN_OBJECTS and not total.ids and len(total.rejected) == len(chunk):
            require_custom_properties(self._client, chunk[0].object_type)
            self._causes.note_rejection(chunk, input_error)
        return total

    def _write_once(self, objects: Sequence[CrmObject], known_ids: dict[str, str]) -> _BatchResult:
        chunk = self._writable(objects)
        if not chunk:
            return _BatchResult()
        try:
            if self._is_upserted(chunk[0].object_type):
                return self._upsert(chunk)
            return self._create_or_update(chunk, known_ids)
        except WriteBlockedError:
            return self._write_once(chunk, known_ids)

    def _is_upserted(self, kind: ObjectType) -> bool:
        return kind in CRM_OBJECTS or (kind in KEYED_IF_UNIQUE and self._has_key(kind))

    def _create_or_update(self, chunk: Sequence[CrmObject], known_ids: dict[str, str]) -> _BatchResult:
        """Update the objects that contain only changes, and create the others."""
        total = _BatchResult()
        changes = [item for item in chunk if item.is_update]
        if changes:
            total.add(self._update(changes, known_ids))
        new = [item for item in chunk if not item.is_update]
        if new:
            total.add(self._create(new, known_ids))
        return total

    def _update(self, chunk: Sequence[CrmObject], known_ids: dict[str, str]) -> _BatchResult:
        inputs = [
            {"id": known_ids[item.key], "properties": item.properties, "objectWriteTraceId": str(trace)}
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "update")
        return _parse_results(chunk, self._checked_client(chunk).post(path, {"inputs": inputs}))

    def _upsert(self, chunk: Sequence[CrmObject]) -> _BatchResult:
        inputs = [
            {"id": item.key, "idProperty": RECORD_KEY, "properties": item.properties, "objectWriteTraceId": str(trace)}
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "upsert")
        answer = self._checked_client(chunk).post(path, {"inputs": inputs})
        return self._match_existing(chunk[0].object_type, _parse_results(chunk, answer))

    def _create(self, chunk: Sequence[CrmObject], known_ids: dict[str, str]) -> _BatchResult:
        """Create what does not exist; after a lost response, check first."""
        total, remaining, lost = _BatchResult(), list(chunk), PortalUnavailableError("no answer")
        look = not self._has_key(chunk[0].object_type)
        for _ in range(MAX_CREATE_ATTEMPTS):
            if look:
                total.ids.update(self._find_existing(remaining, known_ids))
                remaining = [item for item in remaining if item.key not in total.ids]
            if not remaining:
                return total
            try:
                total.add(self._create_once(remaining, known_ids))
            except UnknownWriteOutcomeError as error:
                lost, look = error, True
            else:
                return total
        raise PortalUnavailableError(str(lost), lost.retry_after)

    def _create_once(self, chunk: Sequence[CrmObject], known_ids: dict[str, str]) -> _BatchResult:
        inputs = [
            {
                "properties": item.properties,
                "associations": _association_inputs(item, known_ids),
                "objectWriteTraceId": str(trace),
            }
            for trace, item in enumerate(chunk)
        ]
        path = self._client.paths.batch(chunk[0].object_type, "create")
        return self._match_existing(
            chunk[0].object_type, _parse_results(chunk, self._checked_client(chunk).post_once(path, {"inputs": inputs}))
        )

    def _find_existing(self, chunk: Sequence[CrmObject], known_ids: dict[str, str]) -> dict[str, str]:
        kind = chunk[0].object_type
        if not self._has_key(kind):
            if kind is ObjectType.PRODUCTS:
                return find_by_listing(self._client, chunk)
            return find_by_associations(self._client, chunk, known_ids)
        return find_by_key(self._client, kind, [item.key for item in chunk])

    def _match_existing(self, kind: ObjectType, batch: _BatchResult) -> _BatchResult:
        """Adopt the records of the portal that conflict with inputs and have the same key.

        A record with another key belongs to someone else and is left alone.
        """
        clashing = [key for key, input_error in batch.rejected.items() if input_error.is_conflict]
        if clashing and self._has_key(kind):
            for key, record_id in find_by_key(self._client, kind, clashing).items():
                batch.ids[key] = record_id
                del batch.rejected[key]
        return batch


def _association_inputs(item: CrmObject, known_ids: dict[str, str]) -> list[JsonObject]:
    return [
        {
            "to": {"id": known_ids[link.to_key]},
            "types": association_type_inputs(item.object_type, link.to_type, link.label_type_id),
        }
        for link in item.associations
    ]


def _parse_results(chunk: Sequence[CrmObject], answer: JsonObject) -> _BatchResult:
    """Match a response to its inputs: results by key, because HubSpot reorders them; errors by trace ID."""
    refused = {
        chunk[int(trace)].key: parse_batch_error(error)
        for error in answer.get("errors") or []
        for trace in (error.get("context") or {}).get("objectWriteTraceId") or []
    }
    batch = _BatchResult(ids_by_key(answer), refused)
    if {item.key for item in chunk} != batch.ids.keys() | refused.keys():
        raise UnknownWriteOutcomeError(f"HubSpot answered for {len(batch.ids) + len(refused)} of {len(chunk)} inputs.")
    return batch
