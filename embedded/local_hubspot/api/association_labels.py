"""Endpoints for the custom labels of associations, version 4 and later."""

from local_hubspot.api.associations import path_ends
from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal.association_links import AssociationType, types_between
from local_hubspot.portal.errors import HubSpotError, validation_error
from local_hubspot.portal.request_models import LabelChange, LabelInput
from local_server.http_calls import ApiResponse


def list_labels(call: PortalCall) -> ApiResponse:
    """Return the association types from one object type to another, HubSpot's own first."""
    source, target = path_ends(call)
    kinds = [*types_between(source, target), *call.portal.associations.labels.between(source, target)]
    return ApiResponse(200, {"results": [kind.to_label() for kind in kinds]})


def create_label(call: PortalCall) -> ApiResponse:
    """Create a label; the response holds its type in both directions."""
    source, target = path_ends(call)
    given = call.parse_body(LabelInput)
    _require_subscription(call)
    labels = call.portal.associations.labels
    present = labels.between(source, target)
    if any(kind.name == given["name"] or kind.label == given["label"] for kind in present):
        raise validation_error(f"A label named {given['name']} already exists between {source.id} and {target.id}")
    limit = call.portal.settings.association_labels_per_pair
    if len(present) >= limit:
        raise validation_error(f"The limit of {limit} labels between {source.id} and {target.id} is reached")
    made = labels.add((source, target), given["name"], (given["label"], given.get("inverseLabel") or given["label"]))
    return ApiResponse(200, {"results": [kind.to_label() for kind in made]})


def update_label(call: PortalCall) -> ApiResponse:
    """Change the text of a label."""
    given = call.parse_body(LabelChange)
    kind = _existing(call, given["associationTypeId"])
    call.portal.associations.labels.rename(kind, given["label"], given.get("inverseLabel") or given["label"])
    return ApiResponse(204)


def archive_label(call: PortalCall) -> ApiResponse:
    """Delete a label that no pair of records has."""
    type_id = call.request.path["associationTypeId"]
    kind = _existing(call, int(type_id) if type_id.isdecimal() else 0)
    if call.portal.associations.is_used(kind):
        raise validation_error(f"Association type {kind.type_id} is in use")
    call.portal.associations.labels.remove(kind)
    return ApiResponse(204)


def _require_subscription(call: PortalCall) -> None:
    if not call.portal.settings.has_custom_labels:
        raise HubSpotError(
            403, "The account's subscription does not include custom association labels.", category="FORBIDDEN"
        )


def _existing(call: PortalCall, type_id: int) -> AssociationType:
    source, target = path_ends(call)
    for kind in call.portal.associations.labels.between(source, target):
        if kind.type_id == type_id:
            return kind
    raise validation_error(f"Association type {type_id} is no custom label between {source.id} and {target.id}")
