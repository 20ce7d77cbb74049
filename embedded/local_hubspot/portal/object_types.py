"""The object types of the CRM and the names that paths accept for them."""

from dataclasses import dataclass

from local_hubspot.portal.errors import HubSpotError


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """One object type and HubSpot's rules for it.

    ``required`` lists groups of property names; a new record needs a value for at least one name in each group.
    ``read_properties`` are returned by a read that names no properties.
    """

    id: str
    plural: str
    singular: str
    created_property: str
    modified_property: str
    required: tuple[tuple[str, ...], ...]
    read_properties: tuple[str, ...]
    is_activity: bool = False

    @property
    def label(self) -> str:
        """The plural name as people read it, such as ``Line items``."""
        return self.plural.replace("_", " ").capitalize()

    @property
    def upper(self) -> str:
        """The name in messages, such as ``CONTACT``."""
        return self.singular.upper()

    @property
    def always_read(self) -> tuple[str, ...]:
        """The properties that every read returns."""
        return (self.created_property, self.modified_property, "hs_object_id")


def _activity(type_id: str, plural: str, singular: str, *more_required: tuple[str, ...]) -> ObjectSchema:
    required = (("hs_timestamp",), *more_required)
    return ObjectSchema(
        type_id, plural, singular, "hs_createdate", "hs_lastmodifieddate", required, (), is_activity=True
    )


OBJECT_TYPES: dict[str, ObjectSchema] = {
    kind.plural: kind
    for kind in (
        ObjectSchema(
            "0-1",
            "contacts",
            "contact",
            "createdate",
            "lastmodifieddate",
            (("email", "firstname", "lastname"),),
            ("email", "firstname", "lastname"),
        ),
        ObjectSchema(
            "0-2",
            "companies",
            "company",
            "createdate",
            "hs_lastmodifieddate",
            (("name", "domain"),),
            ("domain", "name"),
        ),
        ObjectSchema(
            "0-3",
            "deals",
            "deal",
            "createdate",
            "hs_lastmodifieddate",
            (("dealname",), ("dealstage",)),
            ("amount", "closedate", "dealname", "dealstage", "pipeline"),
        ),
        ObjectSchema(
            "0-5",
            "tickets",
            "ticket",
            "createdate",
            "hs_lastmodifieddate",
            (("subject",), ("hs_pipeline_stage",)),
            ("content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject"),
        ),
        _activity("0-46", "notes", "note"),
        _activity("0-48", "calls", "call"),
        _activity("0-27", "tasks", "task"),
        ObjectSchema(
            "0-7",
            "products",
            "product",
            "createdate",
            "hs_lastmodifieddate",
            (("name",),),
            ("description", "name", "price"),
        ),
        ObjectSchema(
            "0-8", "line_items", "line_item", "createdate", "hs_lastmodifieddate", (), ("name", "price", "quantity")
        ),
        _activity("0-47", "meetings", "meeting"),
        _activity("0-49", "emails", "email", ("hs_email_direction",)),
    )
}
"""All object types by plural name."""

_BY_NAME = {
    name: kind for kind in OBJECT_TYPES.values() for name in (kind.plural, kind.singular, kind.id, f"{kind.singular}s")
}


def find_object_type(name: str) -> ObjectSchema:
    """Return a type by plural name, singular name or type id; raises :class:`HubSpotError` (400) for any other name."""
    kind = _BY_NAME.get(name) or _BY_NAME.get(name.lower())
    if kind is None:
        raise HubSpotError(400, f"Unable to infer object type from: {name}")
    return kind
