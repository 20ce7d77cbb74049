"""Record endpoints, single and batch."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from local_hubspot.api.batch_answers import batch_answer
from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal import record_batches
from local_hubspot.portal.errors import HubSpotError, not_found_error, validation_error
from local_hubspot.portal.merge import merge
from local_hubspot.portal.object_types import ObjectSchema, find_object_type
from local_hubspot.portal.records import Record
from local_hubspot.portal.request_models import DeleteInput, MergeInput, ReadInput, RecordId, RecordInput
from local_hubspot.portal.serialize import (
    render_associations,
    render_record,
    resolve_names,
    select_properties,
    written_properties,
)
from local_hubspot.portal.write import BatchClaims, apply_write, plan_create, plan_update
from local_server.http_calls import ApiResponse

_PAGE = 100


def object_type_in_path(call: PortalCall) -> ObjectSchema:
    """Return the object type in the path."""
    return find_object_type(call.request.path["objectType"])


def create(call: PortalCall) -> ApiResponse:
    """Create one record."""
    kind = object_type_in_path(call)
    record_input = call.parse_body(RecordInput)
    write = plan_create(
        call.portal, kind, record_input.get("properties", {}), record_input.get("associations") or (), BatchClaims()
    )
    record = apply_write(call.portal, write, call.now)
    return ApiResponse(201, _written_response(call, kind, record, write.changes))


def read(call: PortalCall) -> ApiResponse:
    """Read one record by id or ``idProperty``."""
    kind = object_type_in_path(call)
    record = _record(call, kind, archived=call.flag("archived"))
    return ApiResponse(200, _read(call, kind, record))


def update(call: PortalCall) -> ApiResponse:
    """Update one record."""
    kind = object_type_in_path(call)
    record = _record(call, kind)
    write = plan_update(call.portal, kind, record, call.parse_body(RecordInput).get("properties", {}), BatchClaims())
    apply_write(call.portal, write, call.now)
    return ApiResponse(200, _written_response(call, kind, record, write.changes))


def archive(call: PortalCall) -> ApiResponse:
    """Archive one record; archiving it again has no effect."""
    kind = object_type_in_path(call)
    store = call.portal.store(kind)
    if call.request.path["objectId"] not in store.archived:
        _archive(call, kind, [_record(call, kind)])
    return ApiResponse(204)


def page(call: PortalCall) -> ApiResponse:
    """Return a page of records in ascending order of id."""
    kind = object_type_in_path(call)
    limit = max(1, call.number("limit", 10, _PAGE))
    after = call.number("after", 0)
    walk = call.portal.store(kind).page(after, archived=call.flag("archived"))
    records = list(islice(walk, limit + 1))
    body: dict[str, Any] = {"results": [_read(call, kind, record) for record in records[:limit]]}
    if len(records) > limit:
        body["paging"] = {"next": {"after": records[limit - 1].id}}
    return ApiResponse(200, body)


def batch_create(call: PortalCall) -> ApiResponse:
    """Create up to 100 records."""
    return _batch(call, record_batches.create_batch, status=201)


def batch_update(call: PortalCall) -> ApiResponse:
    """Update up to 100 records."""
    return _batch(call, record_batches.update_batch, needs_id=True)


def batch_upsert(call: PortalCall) -> ApiResponse:
    """Create or update up to 100 records by a unique property."""
    return _batch(call, record_batches.upsert_batch, needs_id=True, tells_new=True)


def batch_read(call: PortalCall) -> ApiResponse:
    """Return up to 100 records by id or unique property; missing ones lead to a 207."""
    kind = object_type_in_path(call)
    body = call.parse_body(ReadInput)
    inputs = body.get("inputs") or []
    record_batches.require_size(inputs)
    names = resolve_names(call.portal, kind, body.get("properties") or ())
    values = dict.fromkeys(item["id"] for item in inputs)
    records_by_value = {value: _find(call, kind, value, body.get("idProperty")) for value in values}
    records = [
        record_batches.WrittenRecord(record, names, was_created=False) for record in records_by_value.values() if record
    ]
    missing = [value for value, record in records_by_value.items() if record is None]
    results = [
        render_record(call.portal, kind, each.record, select_properties(kind, each.record, names))
        for each in record_batches.sort_as_hubspot(records)
    ]
    return batch_answer(200, call.now, results, [not_found_error(kind.upper, missing).entry()] if missing else [])


def batch_archive(call: PortalCall) -> ApiResponse:
    """Archive up to 100 records; unknown ids are ignored."""
    kind = object_type_in_path(call)
    inputs = call.inputs(RecordId) or []
    record_batches.require_size(inputs)
    live = call.portal.store(kind).live
    ids = dict.fromkeys(item["id"] for item in inputs)
    _archive(call, kind, [live[value] for value in ids if value in live])
    return ApiResponse(204)


def gdpr_delete(call: PortalCall) -> ApiResponse:
    """Delete a contact permanently, by id or e-mail address."""
    kind = object_type_in_path(call)
    body = call.parse_body(DeleteInput)
    value, id_property = body["objectId"], body.get("idProperty")
    store = call.portal.store(kind)
    record = record_batches.find(call.portal, kind, value, id_property) or store.archived.get(value)
    if record is not None:
        call.portal.associations.forget(record.id, kind.plural)
        store.purge(record, call.now)
    return ApiResponse(204)


def merge_records(call: PortalCall) -> ApiResponse:
    """Merge two records."""
    kind = object_type_in_path(call)
    body = call.parse_body(MergeInput)
    primary, other = (_find_live(call, kind, body[name]) for name in ("primaryObjectId", "objectIdToMerge"))
    merge(call.portal, kind, primary, other, call.now)
    return ApiResponse(200, _written_response(call, kind, primary, ()))


def _batch(
    call: PortalCall, run: Any, *, status: int = 200, needs_id: bool = False, tells_new: bool = False
) -> ApiResponse:
    kind = object_type_in_path(call)
    inputs = call.inputs(RecordInput) or []
    if needs_id and any("id" not in item for item in inputs):
        raise validation_error("Some required fields were not set: [id]")
    outcome: record_batches.BatchOutcome = run(call.portal, kind, inputs, call.now, call.spoiled)
    results = []
    for written in outcome.written:
        result = _written_response(call, kind, written.record, written.names)
        results.append(result | {"new": written.was_created} if tells_new else result)
    return batch_answer(status, call.now, results, outcome.errors)


def _written_response(call: PortalCall, kind: ObjectSchema, record: Record, names: Iterable[str]) -> dict[str, Any]:
    return render_record(call.portal, kind, record, written_properties(kind, record, names))


def _read(call: PortalCall, kind: ObjectSchema, record: Record) -> dict[str, Any]:
    names = resolve_names(call.portal, kind, call.names("properties"))
    body = render_record(call.portal, kind, record, select_properties(kind, record, names))
    targets = [find_object_type(name) for name in call.names("associations")]
    linked = {
        target.plural: render_associations(call.portal, kind, record, target)
        for target in targets
        if call.portal.associations.links_from(record.id, target.plural)
    }
    return body | ({"associations": linked} if linked else {})


def _find(call: PortalCall, kind: ObjectSchema, value: str, id_property: str | None) -> Record | None:
    if call.flag("archived"):
        return call.portal.store(kind).archived.get(value)
    return record_batches.find(call.portal, kind, value, id_property)


def _record(call: PortalCall, kind: ObjectSchema, *, archived: bool = False) -> Record:
    value = call.request.path["objectId"]
    if archived:
        record = call.portal.store(kind).archived.get(value)
    else:
        record = record_batches.find(call.portal, kind, value, call.request.parameter("idProperty"))
    return _require_present(record, value)


def _find_live(call: PortalCall, kind: ObjectSchema, value: str) -> Record:
    return _require_present(call.portal.store(kind).live.get(value), value)


def _require_present(record: Record | None, value: str) -> Record:
    if record is None:
        raise HubSpotError(
            404,
            "Object not found.  objectId are usually numeric.",
            category="OBJECT_NOT_FOUND",
            context={"id": [value]},
        )
    return record


def _archive(call: PortalCall, kind: ObjectSchema, records: Iterable[Record]) -> None:
    for record in records:
        call.portal.associations.forget(record.id, kind.plural)
        call.portal.store(kind).archive(record, call.now)
