"""Endpoints of properties and property groups."""

from typing import Any

from local_hubspot.api.batch_answers import batch_answer
from local_hubspot.api.objects import object_type_in_path
from local_hubspot.api.portal_call import PortalCall
from local_hubspot.portal.definitions import PropertyDefinition
from local_hubspot.portal.errors import HubSpotError, validation_error
from local_hubspot.portal.hubspot_timestamps import to_iso
from local_hubspot.portal.object_types import ObjectSchema
from local_hubspot.portal.portal import Portal, parse_options
from local_hubspot.portal.record_batches import require_size
from local_hubspot.portal.request_models import GroupChange, GroupInput, NameInput, PropertyChange, PropertyInput
from local_server.http_calls import ApiResponse

_MAX_UNIQUE = 10


def list_properties(call: PortalCall) -> ApiResponse:
    """Return all definitions of an object type, or the archived ones."""
    archived = call.flag("archived")
    rows = call.portal.definitions[object_type_in_path(call).plural].values()
    return ApiResponse(200, {"results": [row.to_json() for row in rows if row.archived == archived]})


def read_property(call: PortalCall) -> ApiResponse:
    """Return one definition."""
    return ApiResponse(200, _definition(call).to_json())


def create_property(call: PortalCall) -> ApiResponse:
    """Create a custom property."""
    property_input = call.parse_body(PropertyInput)
    return ApiResponse(201, _create(call.portal, object_type_in_path(call), property_input, call.now).to_json())


def update_property(call: PortalCall) -> ApiResponse:
    """Update a definition; name, type and uniqueness cannot be changed."""
    definition = _definition(call)
    change = call.parse_body(PropertyChange)
    if "groupName" in change:
        _require_group(call.portal, object_type_in_path(call), change["groupName"])
    definition.label = change.get("label", definition.label)
    definition.description = change.get("description", definition.description)
    definition.group_name = change.get("groupName", definition.group_name)
    definition.display_order = change.get("displayOrder", definition.display_order)
    definition.hidden = change.get("hidden", definition.hidden)
    if "options" in change:
        definition.set_options(parse_options(change["options"]))
    return ApiResponse(200, definition.to_json())


def archive_property(call: PortalCall) -> ApiResponse:
    """Archive a custom property."""
    _archive(_definition(call))
    return ApiResponse(204)


def batch_create(call: PortalCall) -> ApiResponse:
    """Create properties; existing ones lead to a 207."""
    kind = object_type_in_path(call)
    inputs = call.inputs(PropertyInput) or []
    require_size(inputs)
    results, errors = [], []
    for property_input in inputs:
        try:
            results.append(_create(call.portal, kind, property_input, call.now).to_json())
        except HubSpotError as refusal:
            errors.append(refusal.entry())
    return batch_answer(201, call.now, results, errors)


def batch_read(call: PortalCall) -> ApiResponse:
    """Return definitions by name; unknown names lead to a 207."""
    kind = object_type_in_path(call)
    names = [item["name"] for item in call.inputs(NameInput) or []]
    known = call.portal.definitions[kind.plural]
    results = [known[name].to_json() for name in names if name in known and not known[name].archived]
    existing_names = {row["name"] for row in results}
    errors = [_property_not_found(kind, name).entry() for name in names if name not in existing_names]
    return batch_answer(200, call.now, results, errors)


def batch_archive(call: PortalCall) -> ApiResponse:
    """Archive custom properties; unknown names are ignored."""
    known = call.portal.definitions[object_type_in_path(call).plural]
    for item in call.inputs(NameInput) or []:
        if item["name"] in known:
            _archive(known[item["name"]])
    return ApiResponse(204)


def list_groups(call: PortalCall) -> ApiResponse:
    """Return the groups of an object type."""
    return ApiResponse(200, {"results": list(call.portal.groups[object_type_in_path(call).plural].values())})


def read_group(call: PortalCall) -> ApiResponse:
    """Return one group."""
    return ApiResponse(200, _group(call))


def create_group(call: PortalCall) -> ApiResponse:
    """Create a group; an existing name leads to a 409."""
    groups = call.portal.groups[object_type_in_path(call).plural]
    group_input = call.parse_body(GroupInput)
    if group_input["name"] in groups:
        raise HubSpotError(
            409,
            f"A property group named '{group_input['name']}' already exists.",
            category="OBJECT_ALREADY_EXISTS",
            sub_category="Properties.GROUP_WITH_NAME_EXISTS",
            context={"name": [group_input["name"]]},
        )
    order = group_input.get("displayOrder", len(groups))
    group = {"name": group_input["name"], "label": group_input["label"], "displayOrder": order, "archived": False}
    groups[group_input["name"]] = group
    return ApiResponse(201, group)


def update_group(call: PortalCall) -> ApiResponse:
    """Update a group's label or display order."""
    group = _group(call)
    group |= call.parse_body(GroupChange)
    return ApiResponse(200, group)


def archive_group(call: PortalCall) -> ApiResponse:
    """Archive a group, which must not have any properties left."""
    kind = object_type_in_path(call)
    name = _group(call)["name"]
    properties = [row.name for row in call.portal.definitions[kind.plural].values() if row.group_name == name]
    if any(not call.portal.definitions[kind.plural][held_name].archived for held_name in properties):
        raise validation_error(f"Property group {name} still holds properties.", name=[name])
    del call.portal.groups[kind.plural][name]
    return ApiResponse(204)


def _create(portal: Portal, kind: ObjectSchema, property_input: PropertyInput, now: int) -> PropertyDefinition:
    definitions = portal.definitions[kind.plural]
    present = definitions.get(property_input["name"])
    if present is not None and not present.archived:
        raise HubSpotError(
            409,
            f"A property named '{property_input['name']}' already exists.",
            category="OBJECT_ALREADY_EXISTS",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
            context={"name": [property_input["name"]]},
        )
    _require_group(portal, kind, property_input["groupName"])
    definition = _to_definition(property_input, now)
    if definition.has_unique_value:
        _require_unique_capacity(portal, kind)
        portal.store(kind).track(definition.name)
    definitions[definition.name] = definition
    return definition


def _to_definition(property_input: PropertyInput, now: int) -> PropertyDefinition:
    options = parse_options(property_input.get("options") or [])
    if property_input["type"] == "enumeration" and not options:
        raise validation_error("Enumeration properties must have at least one option.", name=[property_input["name"]])
    return PropertyDefinition(
        name=property_input["name"],
        label=property_input["label"],
        type=property_input["type"],
        field_type=property_input["fieldType"],
        group_name=property_input["groupName"],
        description=property_input.get("description") or "",
        options=options,
        display_order=property_input.get("displayOrder", -1),
        has_unique_value=property_input.get("hasUniqueValue", False),
        hidden=property_input.get("hidden", False),
        form_field=property_input.get("formField", False),
        created_at=to_iso(now),
    )


def _require_unique_capacity(portal: Portal, kind: ObjectSchema) -> None:
    if kind.is_activity and not portal.settings.activities_take_unique_properties:
        raise validation_error(f"Object type {kind.id} does not support properties with unique values.")
    custom = [row for row in portal.definitions[kind.plural].values() if not row.hubspot_defined and not row.archived]
    if sum(row.has_unique_value for row in custom) >= _MAX_UNIQUE:
        raise validation_error(f"The limit of {_MAX_UNIQUE} unique properties for object type {kind.id} is reached.")


def _require_group(portal: Portal, kind: ObjectSchema, name: str) -> None:
    if name not in portal.groups[kind.plural]:
        raise validation_error(f"Property group {name} does not exist.", groupName=[name])


def _definition(call: PortalCall) -> PropertyDefinition:
    kind, name = object_type_in_path(call), call.request.path["propertyName"]
    definition = call.portal.definitions[kind.plural].get(name)
    if definition is None or definition.archived != call.flag("archived"):
        raise _property_not_found(kind, name)
    return definition


def _property_not_found(kind: ObjectSchema, name: str) -> HubSpotError:
    return HubSpotError(
        404,
        f"Property {name} does not exist for object type {kind.id}.",
        category="OBJECT_NOT_FOUND",
        context={"name": [name]},
    )


def _group(call: PortalCall) -> dict[str, Any]:
    kind, name = object_type_in_path(call), call.request.path["groupName"]
    group = call.portal.groups[kind.plural].get(name)
    if group is None:
        raise HubSpotError(404, f"Property group {name} does not exist.", category="OBJECT_NOT_FOUND")
    return group


def _archive(definition: PropertyDefinition) -> None:
    if definition.hubspot_defined:
        raise validation_error(f"{definition.name} is a HubSpot defined property and cannot be archived.")
    definition.archived = True
