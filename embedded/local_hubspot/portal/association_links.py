"""Associations between records and their types."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from local_hubspot.portal.definitions import data_table
from local_hubspot.portal.object_types import ObjectSchema

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One direction of an association; ``source`` and ``target`` are plural names, ``reverse`` the opposite type id."""

    type_id: int
    source: str
    target: str
    label: str | None
    reverse: int

    @property
    def is_primary(self) -> bool:
        """Whether a record has at most one company of this type."""
        return self.label == "Primary"

    def to_label(self) -> dict[str, str | int | None]:
        """Return the type as in responses about associations and labels."""
        return {"category": HUBSPOT_DEFINED, "typeId": self.type_id, "label": self.label}


def _association_types() -> dict[tuple[str, int], AssociationType]:
    rows = data_table("association-types")
    back = {(row["to"], row["from"], row["label"]): row["typeId"] for row in rows}
    opposite = {"Child Company": "Parent Company", "Parent Company": "Child Company"}
    return {
        (row["from"], row["typeId"]): AssociationType(
            row["typeId"],
            row["from"],
            row["to"],
            row["label"],
            back[row["from"], row["to"], opposite.get(row["label"], row["label"])],
        )
        for row in rows
    }


ASSOCIATION_TYPES = _association_types()
"""All types by source and type id."""

TYPE_BY_ID = {kind.type_id: kind for kind in ASSOCIATION_TYPES.values()}
"""All types by type id, which is unique across object types."""

_DEFAULTS = {(kind.source, kind.target): kind for kind in ASSOCIATION_TYPES.values() if kind.label is None}


def default_type(source: ObjectSchema, target: ObjectSchema) -> AssociationType | None:
    """Return the unlabelled type between two object types, or None; activities have none among each other."""
    return _DEFAULTS.get((source.plural, target.plural))


def types_between(source: ObjectSchema, target: ObjectSchema) -> list[AssociationType]:
    """Return the types from one object type to another."""
    return [kind for kind in ASSOCIATION_TYPES.values() if (kind.source, kind.target) == (source.plural, target.plural)]


Links = dict[str, tuple[int, ...]]
"""Type ids by the id of the associated record."""


@dataclass(slots=True)
class Associations:
    """All associations of a portal; ``pairs`` is the number of associated pairs of records."""

    pairs: int = 0
    _links: dict[str, dict[str, Links]] = field(default_factory=dict)

    def links_from(self, record_id: str, target: str) -> Links:
        """Return the associations of a record with one object type (plural name)."""
        return self._links.get(record_id, {}).get(target, {})

    def linked_types(self, record_id: str) -> Iterable[str]:
        """Return the plural names of the object types that a record is associated with."""
        return [target for target, links in self._links.get(record_id, {}).items() if links]

    def link(self, from_id: str, to_id: str, kind: AssociationType) -> None:
        """Associate two records in both directions; a labelled type implies the unlabelled one."""
        if kind.is_primary:
            self._clear_primary(from_id, to_id, kind)
        forward, backward = [kind.type_id], [kind.reverse]
        if kind.label is not None:
            plain = _DEFAULTS[kind.source, kind.target]
            forward.append(plain.type_id)
            backward.append(plain.reverse)
        self._add(from_id, kind.target, to_id, forward)
        if self._add(to_id, kind.source, from_id, backward):
            self.pairs += 1

    def unlink(self, from_id: str, to_id: str, source: str, target: str) -> None:
        """Remove the association between two records, if there is one."""
        if self._links.get(from_id, {}).get(target, {}).pop(to_id, None) is not None:
            self._links.get(to_id, {}).get(source, {}).pop(from_id, None)
            self.pairs -= 1

    def unlabel(self, from_id: str, to_id: str, kind: AssociationType) -> None:
        """Remove one type from a pair; removing the unlabelled type removes the whole association."""
        if kind.label is None:
            self.unlink(from_id, to_id, kind.source, kind.target)
            return
        self._remove(from_id, kind.target, to_id, kind.type_id)
        self._remove(to_id, kind.source, from_id, kind.reverse)

    def forget(self, record_id: str, source: str) -> None:
        """Remove all associations of a record of the object type ``source``."""
        for links in self._links.pop(record_id, {}).values():
            for other in links:
                self._links.get(other, {}).get(source, {}).pop(record_id, None)
            self.pairs -= len(links)

    def _add(self, from_id: str, target: str, to_id: str, type_ids: list[int]) -> bool:
        links = self._links.setdefault(from_id, {}).setdefault(target, {})
        present = links.get(to_id)
        links[to_id] = tuple(dict.fromkeys((*(present or ()), *type_ids)))
        return present is None

    def _remove(self, from_id: str, target: str, to_id: str, type_id: int) -> None:
        links = self._links.get(from_id, {}).get(target, {})
        if to_id in links:
            links[to_id] = tuple(present for present in links[to_id] if present != type_id)

    def _clear_primary(self, from_id: str, to_id: str, kind: AssociationType) -> None:
        one, company, type_id = from_id, kind.target, kind.type_id
        source, reverse = kind.source, kind.reverse
        if kind.source == "companies":
            one, company, type_id = to_id, kind.source, kind.reverse
            source, reverse = kind.target, kind.type_id
        for other, present in list(self.links_from(one, company).items()):
            if type_id in present:
                self._remove(one, company, other, type_id)
                self._remove(other, source, one, reverse)
