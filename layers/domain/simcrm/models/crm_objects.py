"""HubSpot object types and the key that names each generated object."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Properties: TypeAlias = dict[str, str]
"""HubSpot property names and values; every value travels as text."""


class ObjectType(StrEnum):
    """An object type by the plural name its HubSpot paths use, in the order of writing."""

    COMPANIES = "companies"
    CONTACTS = "contacts"
    DEALS = "deals"
    TICKETS = "tickets"
    NOTES = "notes"
    CALLS = "calls"
    TASKS = "tasks"

    @property
    def singular(self) -> str:
        """The name in record keys and counters, such as ``company``."""
        return _SINGULAR[self]


_SINGULAR = {
    ObjectType.COMPANIES: "company",
    ObjectType.CONTACTS: "contact",
    ObjectType.DEALS: "deal",
    ObjectType.TICKETS: "ticket",
    ObjectType.NOTES: "note",
    ObjectType.CALLS: "call",
    ObjectType.TASKS: "task",
}


@dataclass(frozen=True, slots=True)
class RecordKey:
    """The identity of one object over retries, redrives and repairs.

    Written as ``{simulationId}:{type}:{index}`` with ``:{ordinal}`` for activities; stored in the unique
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
    """An association to an object that was written before, named by its record key."""

    to_type: ObjectType
    to_key: str


@dataclass(frozen=True, slots=True)
class CrmObject:
    """One object to write once: what it is, what it holds and what it belongs to.

    ``is_update`` where it holds only what changes of an object that was written before.
    """

    key: str
    object_type: ObjectType
    properties: Properties
    associations: tuple[Association, ...] = ()
    is_update: bool = False
