"""Objects on their way into a portal."""

from dataclasses import dataclass

from simcrm.models.objects import ObjectType, Properties


@dataclass(frozen=True, slots=True)
class Link:
    """An association to an object that was written before, named by its record key."""

    to_type: ObjectType
    to_key: str


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """One object to write once: what it is, what it holds and what it belongs to.

    ``is_change`` where it holds only what changes of an object that was written before.
    """

    key: str
    object_type: ObjectType
    properties: Properties
    links: tuple[Link, ...] = ()
    is_change: bool = False
