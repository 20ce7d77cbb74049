"""Records of one object type, with indexes that make writes and look-ups independent of their number."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from local_hubspot.portal.object_types import ObjectSchema

Index = dict[str, dict[str, None]]
"""Ids of the records with a value, by the case-folded value."""


@dataclass(slots=True, eq=False)
class Record:
    """One object; ``properties`` are the given values, and all times are in epoch milliseconds.

    ``indexed`` is what search still sees of a record changed at ``updated``: its earlier properties, or None.
    """

    id: str
    properties: dict[str, str]
    created: int
    updated: int
    archived_at: int | None = None
    indexed: dict[str, str] | None = field(default=None, repr=False)


class RecordStore:
    """All live and archived records of ``object_type``; ``unique`` are the properties that are looked up by value."""

    def __init__(self, object_type: ObjectSchema, unique: Iterable[str]) -> None:
        self.object_type = object_type
        self.live: dict[str, Record] = {}
        self.archived: dict[str, Record] = {}
        self._numbers: list[int] = []
        self._indexes: dict[str, Index] = {name: {} for name in unique}

    def add(self, record: Record) -> None:
        """Add a new record; its id must be greater than all earlier ones."""
        self.live[record.id] = record
        self._numbers.append(int(record.id))
        for name in self._indexes:
            self._enter(name, record)

    def change(self, record: Record, changes: dict[str, str], now: int, *, keep_seen: bool) -> None:
        """Set values (an empty one removes); with ``keep_seen``, search sees the old state until its lag has passed."""
        touched = [name for name in self._indexes if name in changes]
        for name in touched:
            self._leave(name, record)
        record.indexed = dict(record.properties) if keep_seen else None
        record.properties.update(changes)
        for name in [name for name, value in changes.items() if not value]:
            del record.properties[name]
        record.updated = now
        for name in touched:
            self._enter(name, record)

    def archive(self, record: Record, now: int) -> None:
        """Move a live record to the recycling bin, which frees its unique values."""
        for name in self._indexes:
            self._leave(name, record)
        record.archived_at = now
        self.archived[record.id] = self.live.pop(record.id)

    def purge(self, record: Record, now: int) -> None:
        """Delete a record permanently."""
        if record.id in self.live:
            self.archive(record, now)
        del self.archived[record.id]

    def with_value(self, name: str, value: str) -> Record | None:
        """Return the live record with exactly this value of an indexed property."""
        for record_id in self._indexes[name].get(value.casefold(), ()):
            record = self.live[record_id]
            if record.properties.get(name) == value:
                return record
        return None

    def archived_with_value(self, name: str, value: str) -> Record | None:
        """Return the archived record with exactly this value; scans all of them."""
        return next((record for record in self.archived.values() if record.properties.get(name) == value), None)

    def track(self, name: str) -> None:
        """Index a property from now on."""
        if name not in self._indexes:
            self._indexes[name] = {}
            for record in self.live.values():
                self._enter(name, record)

    def ids_with(self, name: str, value: str) -> dict[str, None]:
        """Return the ids of live records with this value, ignoring case; the first call builds an index."""
        self.track(name)
        return self._indexes[name].get(value.casefold(), {})

    def page(self, after: int, *, archived: bool) -> Iterator[Record]:
        """Yield the records with an id above ``after`` in ascending order."""
        records = self.archived if archived else self.live
        for place in range(bisect_right(self._numbers, after), len(self._numbers)):
            record = records.get(str(self._numbers[place]))
            if record is not None:
                yield record

    def _enter(self, name: str, record: Record) -> None:
        value = record.properties.get(name)
        if value:
            self._indexes[name].setdefault(value.casefold(), {})[record.id] = None

    def _leave(self, name: str, record: Record) -> None:
        value = record.properties.get(name)
        if value:
            holders = self._indexes[name][value.casefold()]
            del holders[record.id]
            if not holders:
                del self._indexes[name][value.casefold()]
