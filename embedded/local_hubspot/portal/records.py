"""The records of one object type with the indexes that keep writes and look-ups independent of their number."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from local_hubspot.portal.object_types import ObjectType

Index = dict[str, dict[str, None]]
"""Folded value to the ids of the records that hold it."""


@dataclass(slots=True, eq=False)
class Record:
    """One object. ``properties`` holds the given values; ``created``, ``updated``, ``archived_at`` are epoch ms.

    ``indexed`` is what search still sees of a record that was just changed (None: nothing), from before
    ``updated``.
    """

    id: str
    properties: dict[str, str]
    created: int
    updated: int
    archived_at: int | None = None
    indexed: dict[str, str] | None = field(default=None, repr=False)


class RecordStore:
    """All records of ``object_type``, live and archived; ``unique`` names properties that are looked up by value."""

    def __init__(self, object_type: ObjectType, unique: Iterable[str]) -> None:
        self.object_type = object_type
        self.live: dict[str, Record] = {}
        self.archived: dict[str, Record] = {}
        self._numbers: list[int] = []
        self._indexes: dict[str, Index] = {name: {} for name in unique}

    def add(self, record: Record) -> None:
        """Take in a new record; its id must be greater than all before."""
        self.live[record.id] = record
        self._numbers.append(int(record.id))
        for name in self._indexes:
            self._enter(name, record)

    def change(self, record: Record, changes: dict[str, str], now: int, *, keep_seen: bool) -> None:
        """Set values (an empty one removes); ``keep_seen`` lets search see the old state until its lag is over."""
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
        """Move a live record to the recycling bin; its unique values are free from then on."""
        for name in self._indexes:
            self._leave(name, record)
        record.archived_at = now
        self.archived[record.id] = self.live.pop(record.id)

    def purge(self, record: Record, now: int) -> None:
        """Forget a record for good."""
        if record.id in self.live:
            self.archive(record, now)
        del self.archived[record.id]

    def with_value(self, name: str, value: str) -> Record | None:
        """Find the live record that holds exactly this value of an indexed property."""
        for record_id in self._indexes[name].get(value.casefold(), ()):
            record = self.live[record_id]
            if record.properties.get(name) == value:
                return record
        return None

    def archived_with_value(self, name: str, value: str) -> Record | None:
        """Find the archived record that held exactly this value; looks through all of them."""
        return next((record for record in self.archived.values() if record.properties.get(name) == value), None)

    def track(self, name: str) -> None:
        """Keep an index of a property from now on."""
        if name not in self._indexes:
            self._indexes[name] = {}
            for record in self.live.values():
                self._enter(name, record)

    def ids_with(self, name: str, value: str) -> dict[str, None]:
        """Return the ids of live records whose value equals ``value``, case aside; the first call builds an index."""
        self.track(name)
        return self._indexes[name].get(value.casefold(), {})

    def page(self, after: int, *, archived: bool) -> Iterator[Record]:
        """Walk the records with an id above ``after`` in ascending order."""
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
