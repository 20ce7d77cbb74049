"""HubSpot object types and the keys that identify generated objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar

Properties: TypeAlias = dict[str, str]
"""HubSpot property names and values; every value is sent as text."""


class ObjectType(StrEnum):
    """Object types by the plural names in HubSpot paths, in the order in which they are written."""

    COMPANIES = "companies"
    CONTACTS = "contacts"
    DEALS = "deals"
    TICKETS = "tickets"
    NOTES = "notes"
    CALLS = "calls"
    TASKS = "tasks"
    PRODUCTS = "products"
    LINE_ITEMS = "line_items"
    MEETINGS = "meetings"
    EMAILS = "emails"

    @property
    def singular(self) -> str:
        """The name in record keys, such as ``company``."""
        return _SINGULAR[self]

    @property
    def json_name(self) -> str:
        """The plural name in the JSON of API and command line, such as ``lineItems``."""
        first, *others = self.value.split("_")
        return first + "".join(map(str.capitalize, others))

    @property
    def label(self) -> str:
        """The plural name in sentences, such as ``line items``."""
        return self.value.replace("_", " ")


_SINGULAR = {
    ObjectType.COMPANIES: "company",
    ObjectType.CONTACTS: "contact",
    ObjectType.DEALS: "deal",
    ObjectType.TICKETS: "ticket",
    ObjectType.NOTES: "note",
    ObjectType.CALLS: "call",
    ObjectType.TASKS: "task",
    ObjectType.PRODUCTS: "product",
    ObjectType.LINE_ITEMS: "line_item",
    ObjectType.MEETINGS: "meeting",
    ObjectType.EMAILS: "email",
}


ACTIVITY_TYPES = tuple(
    kind for kind in ObjectType if kind not in {ObjectType.COMPANIES, ObjectType.CONTACTS, ObjectType.PRODUCTS}
)
"""The types of what happens to a contact and its company, in the order in which they are written."""

Value = TypeVar("Value")


def by_json_name(values: Mapping[ObjectType, Value]) -> dict[str, Value]:
    """Values by object type as the API and the command line show them."""
    return {kind.json_name: value for kind, value in values.items()}


OPTIONAL_TYPES = (ObjectType.PRODUCTS, ObjectType.LINE_ITEMS, ObjectType.EMAILS)
"""The types that a run does without if the portal's token lacks their scopes; meetings need those of contacts."""

DISPLAY_ORDER = (
    ObjectType.CONTACTS,
    ObjectType.COMPANIES,
    ObjectType.DEALS,
    ObjectType.NOTES,
    ObjectType.CALLS,
    ObjectType.TASKS,
    ObjectType.TICKETS,
    ObjectType.MEETINGS,
    ObjectType.EMAILS,
    ObjectType.LINE_ITEMS,
    ObjectType.PRODUCTS,
)
"""The types in the order in which people and output files see them."""


@dataclass(frozen=True, slots=True)
class RecordKey:
    """The identity of one object across retries, redrives and repairs.

    Formatted as ``{simulationId}:{type}:{index}``, followed by ``:{ordinal}`` for activities, and stored in the unique
    property ``simcrm_record_key``.
    """

    simulation_id: str
    object_type: ObjectType
    index: int
    ordinal: int | None = None

    def __str__(self) -> str:
        tail = "" if self.ordinal is None else f":{self.ordinal}"
        return f"{self.simulation_id}:{self.object_type.singular}:{self.index}{tail}"


@dataclass(frozen=True, slots=True)
class Association:
    """An association with a previously written object, identified by its record key.

    Without a required one the object is not written; one that is not required is left out if its object does not exist.
    ``label_type_id`` is the portal's association type ID of its label, if it has one.
    """

    to_type: ObjectType
    to_key: str
    is_required: bool = True
    label_type_id: int | None = None


@dataclass(frozen=True, slots=True)
class KnownValues:
    """What a simulation knows of the properties that an update changes.

    ``previous`` are the values that it last wrote, empty for none. Those in ``corrected`` are not the generated ones,
    because the portal accepted others. People have changed the properties in ``kept``, so they are left alone.
    """

    previous: Mapping[str, str]
    corrected: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CrmObject:
    """One object to write exactly once, with its properties and associations.

    ``is_update`` means that it contains only the changes to a previously written object; ``known`` is None if it is not
    known what they replace. ``references`` are properties whose value is the portal's ID of a previously written
    object, by the object's record key.
    """

    key: str
    object_type: ObjectType
    properties: Properties
    associations: tuple[Association, ...] = ()
    is_update: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    known: KnownValues | None = None
