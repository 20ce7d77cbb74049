"""The property group "SimCRM" and its properties, as HubSpot's properties API expects them."""

from dataclasses import dataclass

from simcrm.hubspot.client import JsonObject
from simcrm.models.crm_objects import ObjectType

GROUP = {"name": "simcrm", "label": "SimCRM", "displayOrder": -1}

RECORD_KEY = "simcrm_record_key"
SIMULATION_ID = "simcrm_simulation_id"

ALL = tuple(ObjectType)
CRM_OBJECTS = (ObjectType.COMPANIES, ObjectType.CONTACTS, ObjectType.DEALS, ObjectType.TICKETS)
COMPANIES_AND_CONTACTS = (ObjectType.COMPANIES, ObjectType.CONTACTS)
CONTACTS = (ObjectType.CONTACTS,)
DEALS = (ObjectType.DEALS,)


@dataclass(frozen=True, slots=True)
class CustomProperty:
    """One of SimCRM's properties; ``options`` are the (value, label) pairs of an enumeration."""

    name: str
    label: str
    description: str
    on: tuple[ObjectType, ...]
    type: str = "string"
    field_type: str = "text"
    unique: bool = False
    options: tuple[tuple[str, str], ...] = ()

    def to_definition(self) -> JsonObject:
        """The input of a create call."""
        options = [
            {"value": value, "label": label, "displayOrder": place, "hidden": False}
            for place, (value, label) in enumerate(self.options)
        ]
        return {
            "name": self.name,
            "label": self.label,
            "description": self.description,
            "groupName": GROUP["name"],
            "type": self.type,
            "fieldType": self.field_type,
            "hasUniqueValue": self.unique,
            **({"options": options} if options else {}),
        }


def _enumeration_options(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, value[:1].upper() + value[1:]) for value in values)


CUSTOM_PROPERTIES = (
    CustomProperty(RECORD_KEY, "Record key", "Names this record in its simulation; never change it.", ALL, unique=True),
    CustomProperty(SIMULATION_ID, "Simulation", "The simulation that wrote this record.", ALL),
    CustomProperty(
        "simcrm_simulated_at",
        "Simulated at",
        "When this happened in simulated time.",
        (*COMPANIES_AND_CONTACTS, ObjectType.TICKETS),
        type="datetime",
        field_type="date",
    ),
    CustomProperty(
        "simcrm_generation_metadata",
        "Generation metadata",
        "How the content was made, as JSON.",
        CRM_OBJECTS,
        field_type="textarea",
    ),
    CustomProperty(
        "simcrm_original_source", "Original source", "The event or channel the lead came from.", COMPANIES_AND_CONTACTS
    ),
    CustomProperty(
        "simcrm_buyer_role",
        "Buyer role",
        "The part this person plays in a purchase.",
        CONTACTS,
        type="enumeration",
        field_type="select",
        options=_enumeration_options("Decision Maker", "Influencer", "End User", "Champion"),
    ),
    CustomProperty(
        "simcrm_engagement_score",
        "Engagement score",
        "From 0 to 100.",
        CONTACTS,
        type="number",
        field_type="number",
    ),
    CustomProperty(
        "simcrm_lead_temperature",
        "Lead temperature",
        "How close the lead is to a purchase.",
        CONTACTS,
        type="enumeration",
        field_type="select",
        options=_enumeration_options("hot", "warm", "cold"),
    ),
    CustomProperty(
        "simcrm_lead_reasoning", "Lead reasoning", "Why the lead has its temperature.", CONTACTS, field_type="textarea"
    ),
    CustomProperty(
        "simcrm_marketing_consent_detail", "Marketing consent detail", "When and how consent was given.", CONTACTS
    ),
    CustomProperty(
        "simcrm_product_interest",
        "Product interest",
        "Products of interest, as a JSON array.",
        (ObjectType.COMPANIES, ObjectType.DEALS),
    ),
    CustomProperty("simcrm_sales_notes", "Sales notes", "Internal notes of the seller.", DEALS, field_type="textarea"),
)


KEY_PROPERTIES = frozenset({RECORD_KEY, SIMULATION_ID})
"""The properties that identify a simulation's records; records can do without the others."""

CUSTOM_PROPERTY_NAMES = frozenset(own.name for own in CUSTOM_PROPERTIES)


def definition_mismatch(object_type: ObjectType, expected: JsonObject, present: JsonObject) -> str | None:
    """What is wrong with the portal's property of the same name, as the rest of a sentence; None if it fits.

    The record key of activities may be non-unique: not every portal supports unique properties for them.
    """
    for field, word in (("type", "type"), ("fieldType", "field type")):
        if present.get(field) != expected[field]:
            return f"has the {word} {present.get(field)} instead of {expected[field]}"
    if present.get("calculated") or present.get("calculationFormula"):
        return "is calculated"
    if (present.get("modificationMetadata") or {}).get("readOnlyValue"):
        return "is read-only"
    is_unique = bool(present.get("hasUniqueValue"))
    if expected["hasUniqueValue"] and not is_unique and object_type in CRM_OBJECTS:
        return "is not unique"
    return "is unique but must not be" if is_unique and not expected["hasUniqueValue"] else None


def definitions(object_type: ObjectType) -> list[JsonObject]:
    """The inputs that create all of SimCRM's properties for an object type."""
    return [own.to_definition() for own in CUSTOM_PROPERTIES if object_type in own.on]
