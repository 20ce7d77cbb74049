"""Endpoints of properties and property groups."""

from typing import Any

from local_hubspot.api.batches import batch_answer
from local_hubspot.api.http import Answer, Call
from local_hubspot.api.objects import kind_of
from local_hubspot.portal.batches import require_size
from local_hubspot.portal.definitions import PropertyDefinition
from local_hubspot.portal.errors import RefusalError, validation_refusal
from local_hubspot.portal.object_types import ObjectType
from local_hubspot.portal.portal import Portal, options_from
from local_hubspot.portal.request_models import GroupChange, GroupInput, NameInput, PropertyChange, PropertyInput
from local_hubspot.portal.timestamps import iso

_MAX_UNIQUE = 10


def list_properties(call: Call) -> Answer:
    """List all definitions of an object type, or the archived ones."""
    archived = call.flag("archived")
    rows = call.portal.definitions[kind_of(call).plural].values()
    return Answer(200, {"results": [row.json() for row in rows if row.archived == archived]})


def read_property(call: Call) -> Answer:
    """Read one definition."""
    return Answer(200, _definition(call).json())


def create_property(call: Call) -> Answer:
    """Create a custom property."""
    given = call.shaped(PropertyInput)
    return Answer(201, _create(call.portal, kind_of(call), given, call.now).json())


def update_property(call: Call) -> Answer:
    """Change a definition; name, type and uniqueness stay."""
    definition = _definition(call)
    change = call.shaped(PropertyChange)
    if "groupName" in change:
        _require_group(call.portal, kind_of(call), change["groupName"])
    definition.label = change.get("label", definition.label)
    definition.description = change.get("description", definition.description)
    definition.group_name = change.get("groupName", definition.group_name)
    definition.display_order = change.get("displayOrder", definition.display_order)
    definition.hidden = change.get("hidden", definition.hidden)
    if "options" in change:
        definition.set_options(options_from(change["options"]))
    return Answer(200, definition.json())


def archive_property(call: Call) -> Answer:
    """Archive a custom property."""
    _archive(_definition(call))
    return Answer(204)


def batch_create(call: Call) -> Answer:
    """Create properties; those that exist make a 207."""
    kind = kind_of(call)
    inputs = call.inputs(PropertyInput) or []
    require_size(inputs)
    results, errors = [], []
    for given in inputs:
        try:
            results.append(_create(call.portal, kind, given, call.now).json())
        except RefusalError as refusal:
            errors.append(refusal.entry())
    return batch_answer(201, call.now, results, errors)


def batch_read(call: Call) -> Answer:
    """Read definitions by name; unknown names make a 207."""
    kind = kind_of(call)
    names = [item["name"] for item in call.inputs(NameInput) or []]
    known = call.portal.definitions[kind.plural]
    results = [known[name].json() for name in names if name in known and not known[name].archived]
    found = {row["name"] for row in results}
    errors = [_no_property(kind, name).entry() for name in names if name not in found]
    return batch_answer(200, call.now, results, errors)


def batch_archive(call: Call) -> Answer:
    """Archive custom properties; unknown names are passed over."""
    known = call.portal.definitions[kind_of(call).plural]
    for item in call.inputs(NameInput) or []:
        if item["name"] in known:
            _archive(known[item["name"]])
    return Answer(204)


def list_groups(call: Call) -> Answer:
    """List the groups of an object type."""
    return Answer(200, {"results": list(call.portal.groups[kind_of(call).plural].values())})


def read_group(call: Call) -> Answer:
    """Read one group."""
    return Answer(200, _group(call))


def create_group(call: Call) -> Answer:
    """Create a group; a name that exists gives 409."""
    groups = call.portal.groups[kind_of(call).plural]
    given = call.shaped(GroupInput)
    if given["name"] in groups:
        raise RefusalError(
            409,
            f"A property group named '{given['name']}' already exists.",
            category="OBJECT_ALREADY_EXISTS",
            sub_category="Properties.GROUP_WITH_NAME_EXISTS",
            context={"name": [given["name"]]},
        )
    order = given.get("displayOrder", len(groups))
    group = {"name": given["name"], "label": given["label"], "displayOrder": order, "archived": False}
    groups[given["name"]] = group
    return Answer(201, group)


def update_group(call: Call) -> Answer:
    """Change a group's label or place."""
    group = _group(call)
    group |= call.shaped(GroupChange)
    return Answer(200, group)


def archive_group(call: Call) -> Answer:
    """Archive a group; it must hold no property."""
    kind = kind_of(call)
    name = _group(call)["name"]
    held = [row.name for row in call.portal.definitions[kind.plural].values() if row.group_name == name]
    if any(not call.portal.definitions[kind.plural][held_name].archived for held_name in held):
        raise validation_refusal(f"Property group {name} still holds properties.", name=[name])
    del call.portal.groups[kind.plural][name]
    return Answer(204)


def _create(portal: Portal, kind: ObjectType, given: PropertyInput, now: int) -> PropertyDefinition:
    definitions = portal.definitions[kind.plural]
    present = definitions.get(given["name"])
    if present is not None and not present.archived:
        raise RefusalError(
            409,
            f"A property named '{given['name']}' already exists.",
            category="OBJECT_ALREADY_EXISTS",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
            context={"name": [given["name"]]},
        )
    _require_group(portal, kind, given["groupName"])
    definition = _defined(given, now)
    if definition.has_unique_value:
        _require_unique_room(portal, kind)
        portal.store(kind).track(definition.name)
    definitions[definition.name] = definition
    return definition


def _defined(given: PropertyInput, now: int) -> PropertyDefinition:
    options = options_from(given.get("options") or [])
    if given["type"] == "enumeration" and not options:
        raise validation_refusal("Enumeration properties must have at least one option.", name=[given["name"]])
    return PropertyDefinition(
        name=given["name"],
        label=given["label"],
        type=given["type"],
        field_type=given["fieldType"],
        group_name=given["groupName"],
        description=given.get("description") or "",
        options=options,
        display_order=given.get("displayOrder", -1),
        has_unique_value=given.get("hasUniqueValue", False),
        hidden=given.get("hidden", False),
        form_field=given.get("formField", False),
        created_at=iso(now),
    )


def _require_unique_room(portal: Portal, kind: ObjectType) -> None:
    if kind.is_activity and not portal.settings.activities_take_unique_properties:
        raise validation_refusal(f"Object type {kind.id} does not support properties with unique values.")
    custom = [row for row in portal.definitions[kind.plural].values() if not row.hubspot_defined and not row.archived]
    if sum(row.has_unique_value for row in custom) >= _MAX_UNIQUE:
        raise validation_refusal(f"The limit of {_MAX_UNIQUE} unique properties for object type {kind.id} is reached.")


def _require_group(portal: Portal, kind: ObjectType, name: str) -> None:
    if name not in portal.groups[kind.plural]:
        raise validation_refusal(f"Property group {name} does not exist.", groupName=[name])


def _definition(call: Call) -> PropertyDefinition:
    kind, name = kind_of(call), call.path["propertyName"]
    definition = call.portal.definitions[kind.plural].get(name)
    if definition is None or definition.archived != call.flag("archived"):
        raise _no_property(kind, name)
    return definition


def _no_property(kind: ObjectType, name: str) -> RefusalError:
    return RefusalError(
        404,
        f"Property {name} does not exist for object type {kind.id}.",
        category="OBJECT_NOT_FOUND",
        context={"name": [name]},
    )


def _group(call: Call) -> dict[str, Any]:
    kind, name = kind_of(call), call.path["groupName"]
    group = call.portal.groups[kind.plural].get(name)
    if group is None:
        raise RefusalError(404, f"Property group {name} does not exist.", category="OBJECT_NOT_FOUND")
    return group


def _archive(definition: PropertyDefinition) -> None:
    if definition.hubspot_defined:
        raise validation_refusal(f"{definition.name} is a HubSpot defined property and cannot be archived.")
    definition.archived = True
