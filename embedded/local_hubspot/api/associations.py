"""Association endpoints, version 4 and later."""

from collections.abc import Iterable
from typing import Any

from local_hubspot.api.batch_answers import batch_answer
from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal.association_links import (
    HUBSPOT_DEFINED,
    AssociationType,
    default_type,
)
from local_hubspot.portal.errors import HubSpotError, validation_error
from local_hubspot.portal.object_types import ObjectSchema, find_object_type
from local_hubspot.portal.record_batches import require_size
from local_hubspot.portal.request_models import AssociationSpec, PageInput, PairInput, PartInput, RecordId
from local_server.http_calls import ApiResponse

_MAX_CREATE = 2000
_MAX_READ = 1000
_PAGE = 500
_UNKNOWN_ID = "crm.associations.INVALID_IDENTIFIER"
_NO_LINKS = "crm.associations.NO_ASSOCIATIONS_FOUND"


def batch_create(call: PortalCall) -> ApiResponse:
    """Associate up to 2,000 pairs of records with the given types; unknown records lead to a 207."""
    source, target = path_ends(call)
    inputs = call.inputs(PairInput) or []
    require_size(inputs, _MAX_CREATE)
    planned = [(item, [_type(call, source, target, spec) for spec in item.get("types", [])]) for item in inputs]
    results, errors = [], []
    for item, kinds in planned:
        problem = _unknown_record_entry(call, source, target, item)
        if problem is not None:
            errors.append(problem)
            continue
        call.portal.associations.set_labels(item["from"]["id"], item["to"]["id"], kinds)
        results.append(_labelled_pair(source, target, item, kinds))
    return batch_answer(201, call.now, results, errors)


def batch_create_default(call: PortalCall) -> ApiResponse:
    """Associate pairs of records with the unlabelled type; each pair returns both directions."""
    source, target = path_ends(call)
    inputs = call.inputs(PairInput) or []
    require_size(inputs, _MAX_CREATE)
    kind = _default(source, target)
    results: list[dict[str, Any]] = []
    errors = []
    for item in inputs:
        problem = _unknown_record_entry(call, source, target, item)
        if problem is not None:
            errors.append(problem)
            continue
        results += _join_by_default(call, kind, item["from"]["id"], item["to"]["id"])
    return batch_answer(200, call.now, results, errors)


def batch_read(call: PortalCall) -> ApiResponse:
    """Return the associations of up to 1,000 records; records without any lead to a 207."""
    source, target = path_ends(call)
    inputs = call.inputs(PageInput) or []
    require_size(inputs, _MAX_READ)
    results, errors = [], []
    for item in inputs:
        linked = _association_rows(call, item["id"], target)
        if linked:
            results.append({"from": {"id": item["id"]}, "to": linked})
        else:
            errors.append(_no_links(source, target, item["id"]))
    return batch_answer(200, call.now, results, errors)


def batch_archive(call: PortalCall) -> ApiResponse:
    """Remove all associations between records and the given others."""
    source, target = path_ends(call)
    for item in call.inputs(PartInput) or []:
        for other in item["to"]:
            call.portal.associations.unlink(item["from"]["id"], other["id"], source.plural, target.plural)
    return ApiResponse(204)


def batch_remove_labels(call: PortalCall) -> ApiResponse:
    """Remove types from associated pairs of records."""
    source, target = path_ends(call)
    for item in call.inputs(PairInput) or []:
        for spec in item.get("types", []):
            kind = _type(call, source, target, spec)
            call.portal.associations.unlabel(item["from"]["id"], item["to"]["id"], kind)
    return ApiResponse(204)


def read_one(call: PortalCall) -> ApiResponse:
    """Return the associations of one record in pages of up to 500."""
    source, target = path_ends(call)
    record_id = call.request.path["objectId"]
    if record_id not in call.portal.store(source).live:
        raise HubSpotError(404, f"{source.upper} {record_id} does not exist", category="OBJECT_NOT_FOUND")
    limit, after = call.number("limit", _PAGE, _PAGE), call.number("after", 0)
    linked = [row for row in _association_rows(call, record_id, target) if int(row["toObjectId"]) > after]
    body: dict[str, Any] = {"results": linked[:limit]}
    if len(linked) > limit:
        body["paging"] = {"next": {"after": linked[limit - 1]["toObjectId"]}}
    return ApiResponse(200, body)


def create_one(call: PortalCall) -> ApiResponse:
    """Associate two records with the types in the body."""
    source, target = path_ends(call)
    kinds = [_type(call, source, target, spec) for spec in call.parse_body(list[AssociationSpec])]
    pair = _require_pair(call, source, target)
    call.portal.associations.set_labels(pair["from"]["id"], pair["to"]["id"], kinds)
    return ApiResponse(201, _labelled_pair(source, target, pair, kinds))


def create_one_default(call: PortalCall) -> ApiResponse:
    """Associate two records with the unlabelled type."""
    source, target = path_ends(call)
    kind = _default(source, target)
    pair = _require_pair(call, source, target)
    return batch_answer(200, call.now, _join_by_default(call, kind, pair["from"]["id"], pair["to"]["id"]))


def archive_one(call: PortalCall) -> ApiResponse:
    """Remove the association between two records."""
    source, target = path_ends(call)
    path = call.request.path
    call.portal.associations.unlink(path["objectId"], path["toObjectId"], source.plural, target.plural)
    return ApiResponse(204)


def path_ends(call: PortalCall) -> tuple[ObjectSchema, ObjectSchema]:
    """Return the object types in the path of a call."""
    return find_object_type(call.request.path["objectType"]), find_object_type(call.request.path["toObjectType"])


def _type(call: PortalCall, source: ObjectSchema, target: ObjectSchema, spec: AssociationSpec) -> AssociationType:
    kind = call.portal.associations.find_type(source.plural, spec["associationTypeId"], spec["associationCategory"])
    if kind is None or kind.target != target.plural:
        raise validation_error(
            f"Association type {spec['associationTypeId']} does not exist between {source.id} and {target.id}",
            associationTypeId=[str(spec["associationTypeId"])],
        )
    return kind


def _default(source: ObjectSchema, target: ObjectSchema) -> AssociationType:
    kind = default_type(source, target)
    if kind is None:
        raise validation_error(f"No default association type exists between {source.id} and {target.id}")
    return kind


def _require_pair(call: PortalCall, source: ObjectSchema, target: ObjectSchema) -> PairInput:
    pair: PairInput = {
        "from": RecordId(id=call.request.path["objectId"]),
        "to": RecordId(id=call.request.path["toObjectId"]),
    }
    problem = _unknown_record_entry(call, source, target, pair)
    if problem is not None:
        raise HubSpotError(
            404, problem["message"], category="OBJECT_NOT_FOUND", sub_category=_UNKNOWN_ID, context=problem["context"]
        )
    return pair


def _unknown_record_entry(
    call: PortalCall, source: ObjectSchema, target: ObjectSchema, item: PairInput
) -> dict[str, Any] | None:
    for kind, end in ((source, item["from"]["id"]), (target, item["to"]["id"])):
        if end not in call.portal.store(kind).live:
            refusal = HubSpotError(
                400,
                f"{kind.upper} with id {end} does not exist or is archived",
                category="VALIDATION_ERROR",
                sub_category=_UNKNOWN_ID,
            )
            return refusal.entry(**_pair_context(source, target, item))
    return None


def _pair_context(source: ObjectSchema, target: ObjectSchema, item: PairInput) -> dict[str, list[str]]:
    return {
        "fromObjectId": [item["from"]["id"]],
        "fromObjectType": [source.id],
        "toObjectId": [item["to"]["id"]],
        "toObjectType": [target.id],
    }


def _no_links(source: ObjectSchema, target: ObjectSchema, record_id: str) -> dict[str, Any]:
    refusal = HubSpotError(
        404,
        f"No {target.singular} is associated with {source.singular} {record_id}.",
        category="OBJECT_NOT_FOUND",
        sub_category=_NO_LINKS,
    )
    return refusal.entry(fromObjectId=[record_id], fromObjectType=[source.id], toObjectType=[target.id])


def _association_rows(call: PortalCall, record_id: str, target: ObjectSchema) -> list[dict[str, Any]]:
    links = call.portal.associations.links_from(record_id, target.plural)
    return [
        {
            "toObjectId": other,
            "associationTypes": [call.portal.associations.type_of(type_id).to_label() for type_id in links[other]],
        }
        for other in sorted(links, key=int)
    ]


def _labelled_pair(
    source: ObjectSchema, target: ObjectSchema, item: PairInput, kinds: Iterable[AssociationType]
) -> dict[str, Any]:
    return {
        "fromObjectTypeId": source.id,
        "fromObjectId": item["from"]["id"],
        "toObjectTypeId": target.id,
        "toObjectId": item["to"]["id"],
        "labels": [kind.label for kind in kinds if kind.label],
    }


def _join_by_default(call: PortalCall, kind: AssociationType, from_id: str, to_id: str) -> list[dict[str, Any]]:
    call.portal.associations.link(from_id, to_id, kind)
    return [_association_row(from_id, to_id, kind.type_id), _association_row(to_id, from_id, kind.reverse)]


def _association_row(from_id: str, to_id: str, type_id: int) -> dict[str, Any]:
    return {
        "from": {"id": from_id},
        "to": {"id": to_id},
        "associationSpec": {"associationCategory": HUBSPOT_DEFINED, "associationTypeId": type_id},
    }
