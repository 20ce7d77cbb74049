"""Endpoints of records: single and batch."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from local_hubspot.api.batches import batch_answer
from local_hubspot.api.http import Answer, Call
from local_hubspot.portal import batches
from local_hubspot.portal.errors import RefusalError, not_found, validation_refusal
from local_hubspot.portal.merge import merge
from local_hubspot.portal.object_types import ObjectType, object_type_named
from local_hubspot.portal.records import Record
from local_hubspot.portal.request_models import DeleteInput, MergeInput, ReadInput, RecordId, RecordInput
from local_hubspot.portal.serialize import (
    associated,
    chosen_properties,
    read_names,
    rendered,
    written_properties,
)
from local_hubspot.portal.write import Claims, apply, plan_create, plan_update

_PAGE = 100


def kind_of(call: Call) -> ObjectType:
    """Return the object type that the path names."""
    return object_type_named(call.path["objectType"])


def create(call: Call) -> Answer:
    """Create one record."""
    kind = kind_of(call)
    given = call.shaped(RecordInput)
    write = plan_create(call.portal, kind, given.get("properties", {}), given.get("associations") or (), Claims())
    record = apply(call.portal, write, call.now)
    return Answer(201, _written(call, kind, record, write.changes))


def read(call: Call) -> Answer:
    """Read one record by id or ``idProperty``."""
    kind = kind_of(call)
    record = _record(call, kind, archived=call.flag("archived"))
    return Answer(200, _read(call, kind, record))


def update(call: Call) -> Answer:
    """Change one record."""
    kind = kind_of(call)
    record = _record(call, kind)
    write = plan_update(call.portal, kind, record, call.shaped(RecordInput).get("properties", {}), Claims())
    apply(call.portal, write, call.now)
    return Answer(200, _written(call, kind, record, write.changes))


def archive(call: Call) -> Answer:
    """Archive one record; archiving twice is fine."""
    kind = kind_of(call)
    store = call.portal.store(kind)
    if call.path["objectId"] not in store.archived:
        _archive(call, kind, [_record(call, kind)])
    return Answer(204)


def page(call: Call) -> Answer:
    """List records in ascending order of id."""
    kind = kind_of(call)
    limit = max(1, call.number("limit", 10, _PAGE))
    after = call.number("after", 0)
    walk = call.portal.store(kind).page(after, archived=call.flag("archived"))
    records = list(islice(walk, limit + 1))
    body: dict[str, Any] = {"results": [_read(call, kind, record) for record in records[:limit]]}
    if len(records) > limit:
        body["paging"] = {"next": {"after": records[limit - 1].id}}
    return Answer(200, body)


def batch_create(call: Call) -> Answer:
    """Create up to 100 records."""
    return _batch(call, batches.create_batch, status=201)


def batch_update(call: Call) -> Answer:
    """Change up to 100 records."""
    return _batch(call, batches.update_batch, needs_id=True)


def batch_upsert(call: Call) -> Answer:
    """Create or change up to 100 records by a unique property."""
    return _batch(call, batches.upsert_batch, needs_id=True, tells_new=True)


def batch_read(call: Call) -> Answer:
    """Read up to 100 records by id or unique property; missing ones make a 207."""
    kind = kind_of(call)
    body = call.shaped(ReadInput)
    inputs = body.get("inputs") or []
    batches.require_size(inputs)
    names = read_names(call.portal, kind, body.get("properties") or ())
    wanted = dict.fromkeys(item["id"] for item in inputs)
    found = {value: _find(call, kind, value, body.get("idProperty")) for value in wanted}
    records = [batches.Written(record, names, is_new=False) for record in found.values() if record]
    missing = [value for value, record in found.items() if record is None]
    results = [
        rendered(call.portal, kind, each.record, chosen_properties(kind, each.record, names))
        for each in batches.in_hubspots_order(records)
    ]
    return batch_answer(200, call.now, results, [not_found(kind.upper, missing).entry()] if missing else [])


def batch_archive(call: Call) -> Answer:
    """Archive up to 100 records; ids that no record has are passed over."""
    kind = kind_of(call)
    inputs = call.inputs(RecordId) or []
    batches.require_size(inputs)
    live = call.portal.store(kind).live
    wanted = dict.fromkeys(item["id"] for item in inputs)
    _archive(call, kind, [live[value] for value in wanted if value in live])
    return Answer(204)


def gdpr_delete(call: Call) -> Answer:
    """Delete a contact for good, by id or e-mail."""
    kind = kind_of(call)
    body = call.shaped(DeleteInput)
    value, id_property = body["objectId"], body.get("idProperty")
    store = call.portal.store(kind)
    record = batches.find(call.portal, kind, value, id_property) or store.archived.get(value)
    if record is not None:
        call.portal.associations.forget(record.id, kind.plural)
        store.purge(record, call.now)
    return Answer(204)


def merge_records(call: Call) -> Answer:
    """Join two records."""
    kind = kind_of(call)
    body = call.shaped(MergeInput)
    primary, other = (_live(call, kind, body[name]) for name in ("primaryObjectId", "objectIdToMerge"))
    merge(call.portal, kind, primary, other, call.now)
    return Answer(200, _written(call, kind, primary, ()))


def _batch(call: Call, run: Any, *, status: int = 200, needs_id: bool = False, tells_new: bool = False) -> Answer:
    kind = kind_of(call)
    inputs = call.inputs(RecordInput) or []
    if needs_id and any("id" not in item for item in inputs):
        raise validation_refusal("Some required fields were not set: [id]")
    outcome: batches.Outcome = run(call.portal, kind, inputs, call.now, call.spoiled)
    results = []
    for written in outcome.written:
        result = _written(call, kind, written.record, written.names)
        results.append(result | {"new": written.is_new} if tells_new else result)
    return batch_answer(status, call.now, results, outcome.errors)


def _written(call: Call, kind: ObjectType, record: Record, names: Iterable[str]) -> dict[str, Any]:
    return rendered(call.portal, kind, record, written_properties(kind, record, names))


def _read(call: Call, kind: ObjectType, record: Record) -> dict[str, Any]:
    names = read_names(call.portal, kind, call.names("properties"))
    body = rendered(call.portal, kind, record, chosen_properties(kind, record, names))
    targets = [object_type_named(name) for name in call.names("associations")]
    linked = {
        target.plural: associated(call.portal, kind, record, target)
        for target in targets
        if call.portal.associations.of(record.id, target.plural)
    }
    return body | ({"associations": linked} if linked else {})


def _find(call: Call, kind: ObjectType, value: str, id_property: str | None) -> Record | None:
    if call.flag("archived"):
        return call.portal.store(kind).archived.get(value)
    return batches.find(call.portal, kind, value, id_property)


def _record(call: Call, kind: ObjectType, *, archived: bool = False) -> Record:
    value = call.path["objectId"]
    if archived:
        record = call.portal.store(kind).archived.get(value)
    else:
        record = batches.find(call.portal, kind, value, call.parameter("idProperty"))
    return _present(record, value)


def _live(call: Call, kind: ObjectType, value: str) -> Record:
    return _present(call.portal.store(kind).live.get(value), value)


def _present(record: Record | None, value: str) -> Record:
    if record is None:
        raise RefusalError(
            404,
            "Object not found.  objectId are usually numeric.",
            category="OBJECT_NOT_FOUND",
            context={"id": [value]},
        )
    return record


def _archive(call: Call, kind: ObjectType, records: Iterable[Record]) -> None:
    for record in records:
        call.portal.associations.forget(record.id, kind.plural)
        call.portal.store(kind).archive(record, call.now)
