"""Leave alone what people have changed in the portal since the simulation wrote it.

Before an update, its properties are read: one call for 100 objects. A value that is neither the simulation's latest nor
the one to be written is somebody else's.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from simcrm.core.log import log_event
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.custom_properties import RECORD_KEY
from simcrm.models.crm_objects import CrmObject, KnownValues
from simcrm.writing.property_changes import PropertyChanges


@dataclass(slots=True)
class CheckedObjects:
    """Objects of one type: ``to_write`` is what remains to be sent.

    ``up_to_date`` holds the portal's IDs, by key, of objects that need no call. ``kept`` names, by key, the properties
    that people have changed.
    """

    to_write: list[CrmObject] = field(default_factory=list)
    up_to_date: dict[str, str] = field(default_factory=dict)
    kept: dict[str, tuple[str, ...]] = field(default_factory=dict)


class _Decision(NamedTuple):
    """The properties of an update that are sent, and those that are left to people."""

    sent: frozenset[str]
    kept: tuple[str, ...]


def check_objects(
    portal: BatchWriter, changes: PropertyChanges, objects: Sequence[CrmObject], ids: Mapping[str, str]
) -> CheckedObjects:
    """Compare updates with the portal; ``ids`` are its IDs by record key.

    What is new is sent as it is, and so is an update of an object that the portal no longer has.

    Raises:
        PortalUnavailableError, PortalAccessError: nothing was compared.
    """
    wanted = {item.key: _unkept(item) for item in objects if item.known is not None}
    current = portal.read_values([item for item in objects if wanted.get(item.key)], wanted, ids)
    checked = CheckedObjects()
    for item in objects:
        if item.known is None or (wanted[item.key] and item.key not in current):
            checked.to_write.append(item)
        else:
            _add(checked, item, _decide(changes, item, item.known, current.get(item.key, {})), ids[item.key])
    _log_kept(objects, checked.kept)
    return checked


def _unkept(item: CrmObject) -> frozenset[str]:
    """The properties to compare: those that the update changes, unless people are known to have changed them."""
    known = item.known or KnownValues({})
    return frozenset(name for name in item.properties if name in known.previous and name not in known.kept)


def _decide(
    changes: PropertyChanges, item: CrmObject, known: KnownValues, current: Mapping[str, str | None]
) -> _Decision:
    sent, kept = set(), []
    for name, value in item.properties.items():
        if name not in known.previous:
            continue
        if name in known.kept:
            kept.append(name)
            continue
        present = current[name] or "" if name in current else known.previous[name]
        if changes.is_same(item.object_type, name, present, value):
            continue
        if changes.is_same(item.object_type, name, present, known.previous[name]):
            sent.add(name)
        else:
            kept.append(name)
    return _Decision(frozenset(sent), tuple(kept))


def _add(checked: CheckedObjects, item: CrmObject, decision: _Decision, hubspot_id: str) -> None:
    if decision.kept:
        checked.kept[item.key] = decision.kept
    if decision.sent:
        checked.to_write.append(_narrow(item, decision.sent))
    else:
        checked.up_to_date[item.key] = hubspot_id


def _narrow(item: CrmObject, names: frozenset[str]) -> CrmObject:
    """The update with only these properties and the record key, by which results are matched."""
    properties = {name: value for name, value in item.properties.items() if name in names or name == RECORD_KEY}
    return replace(item, properties=properties)


def _log_kept(objects: Sequence[CrmObject], kept: Mapping[str, Sequence[str]]) -> None:
    if kept:
        log_event(
            "PEOPLE_CHANGES_KEPT",
            "properties that people changed were left alone",
            level=logging.WARNING,
            object=objects[0].object_type.value,
            count=sum(map(len, kept.values())),
            properties=dict(Counter(name for names in kept.values() for name in names)),
        )


def without_kept(item: CrmObject, kept: Sequence[str]) -> CrmObject:
    """The object without the properties that people have changed."""
    if not kept:
        return item
    return replace(item, properties={name: value for name, value in item.properties.items() if name not in kept})
