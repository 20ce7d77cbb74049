"""The portal's rules for an object type that values must satisfy."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from simcrm.models.crm_objects import ObjectType

PIPELINES = {
    ObjectType.DEALS: ("pipeline", "dealstage"),
    ObjectType.TICKETS: ("hs_pipeline", "hs_pipeline_stage"),
}
"""The properties that hold the pipeline and the stage."""

REQUIRED: dict[ObjectType, tuple[tuple[str, ...], ...]] = {
    ObjectType.CONTACTS: (("email", "firstname", "lastname"),),
    ObjectType.COMPANIES: (("name", "domain"),),
    ObjectType.DEALS: (("dealname",), ("dealstage",)),
    ObjectType.TICKETS: (("subject",), ("hs_pipeline_stage",)),
    ObjectType.NOTES: (("hs_timestamp",),),
    ObjectType.CALLS: (("hs_timestamp",),),
    ObjectType.TASKS: (("hs_timestamp",),),
    ObjectType.PRODUCTS: (("name",),),
    ObjectType.LINE_ITEMS: (),
    ObjectType.MEETINGS: (("hs_timestamp",),),
    ObjectType.EMAILS: (("hs_timestamp",), ("hs_email_direction",)),
}
"""To create an object, HubSpot requires one property of each group."""

OWNER = "hubspot_owner_id"


class PropertyRule(BaseModel):
    """One property; ``options`` are (value, label) pairs, empty if any value is allowed."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    field_type: str = ""
    read_only: bool = False
    unique: bool = False
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_multiple(self) -> bool:
        """Whether a value may hold several options, separated by ``;``."""
        return self.field_type == "checkbox"

    @classmethod
    def from_definition(cls, definition: dict[str, Any]) -> Self:
        """Parse a definition from the properties API."""
        open_list = definition.get("externalOptions") or definition.get("type") != "enumeration"
        return cls(
            name=definition["name"],
            type=definition["type"],
            field_type=definition.get("fieldType") or "",
            read_only=bool((definition.get("modificationMetadata") or {}).get("readOnlyValue")),
            unique=bool(definition.get("hasUniqueValue")),
            options=() if open_list else tuple((item["value"], item["label"]) for item in definition["options"]),
        )


class ObjectRules(BaseModel):
    """An object type's properties by name, its pipelines with their stages in order, and the portal's owners."""

    model_config = ConfigDict(frozen=True)

    properties: dict[str, PropertyRule]
    pipelines: dict[str, tuple[str, ...]] = {}
    owners: frozenset[str] = frozenset()
