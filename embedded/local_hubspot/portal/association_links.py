"""Associations between records and their types."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from local_hubspot.portal.definitions import data_table
from local_hubspot.portal.object_types import ObjectSchema

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"
USER_DEFINED = "USER_DEFINED"

_FIRST_CUSTOM_ID = 10_001
"""Above all type ids of HubSpot, so that each id belongs to one type."""


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One direction of an association; ``source`` and ``target`` are plural names, ``reverse`` the opposite type id.

    ``name`` identifies a label that the portal's users have made, in both directions.
    """

    type_id: int
    source: str
    target: str
    label: str | None
    reverse: int
    category: str = HUBSPOT_DEFINED
    name: str | None = None

    @property
    def is_primary(self) -> bool:
        """Whether a record has at most one company of this type."""
        return self.label == "Primary" and not self.is_custom

    @property
    def is_custom(self) -> bool:
        """Whether the type is a label that the portal's users have made."""
        return self.category == USER_DEFINED

    def to_label(self) -> dict[str, str | int | None]:
        """Return the type as in responses about associations and labels."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


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
class CustomLabels:
    """The labels that the users of a portal have made, each with a type in both directions."""

    types: dict[int, AssociationType] = field(default_factory=dict)
    _next_id: int = _FIRST_CUSTOM_ID

    def between(self, source: ObjectSchema, target: ObjectSchema) -> list[AssociationType]:
        """Return the labels from one object type to another."""
        return [kind for kind in self.types.values() if (kind.source, kind.target) == (source.plural, target.plural)]

    def add(self, ends: tuple[ObjectSchema, ObjectSchema], name: str, labels: tuple[str, str]) -> list[AssociationType]:
        """Add a label; ``labels`` are its texts from the first object type and from the second."""
        (source, target), (label, inverse) = (ends[0].plural, ends[1].plural), labels
        forward, backward = self._next_id, self._next_id + 1
        self._next_id += 2
        made = [
            AssociationType(forward, source, target, label, backward, USER_DEFINED, name),
            AssociationType(backward, target, source, inverse, forward, USER_DEFINED, name),
        ]
        self.types |= {kind.type_id: kind for kind in made}
        return made

    def rename(self, kind: AssociationType, label: str, inverse: str) -> None:
        """Change the texts of a label in both directions."""
        self.types[kind.type_id] = replace(kind, label=label)
        self.types[kind.reverse] = replace(self.types[kind.reverse], label=inverse)

    def remove(self, kind: AssociationType) -> None:
        """Remove a label in both directions."""
        del self.types[kind.type_id], self.types[kind.reverse]


@dataclass(slots=True)
class Associations:
    """All associations of a portal; ``pairs`` is the number of associated pairs of records."""

    pairs: int = 0
    labels: CustomLabels = field(default_factory=CustomLabels)
    _links: dict[str, dict[str, Links]] = field(default_factory=dict)

    def type_of(self, type_id: int) -> AssociationType:
        """Return a type of HubSpot or of the portal by its id."""
        return self.labels.types.get(type_id) or TYPE_BY_ID[type_id]

    def find_type(self, source: str, type_id: int, category: str) -> AssociationType | None:
        """Return the type with an id from an object type (plural name), or None."""
        if category == USER_DEFINED:
            kind = self.labels.types.get(type_id)
            return kind if kind is not None and kind.source == source else None
        return ASSOCIATION_TYPES.get((source, type_id)) if category == HUBSPOT_DEFINED else None

    def is_used(self, kind: AssociationType) -> bool:
        """Whether a pair of records has a type."""
        links = (by_target.get(kind.target, {}) for by_target in self._links.values())
        return any(kind.type_id in type_ids for others in links for type_ids in others.values())

    def set_labels(self, from_id: str, to_id: str, kinds: Sequence[AssociationType]) -> None:
        """Associate two records with the given types, which replace the custom labels of the pair."""
        for kind in kinds:
            self.link(from_id, to_id, kind)
        wanted = {kind.type_id for kind in kinds}
        for present in self.links_from(from_id, kinds[0].target).get(to_id, ()) if kinds else ():
            if present in self.labels.types and present not in wanted:
                self.unlabel(from_id, to_id, self.labels.types[present])

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
