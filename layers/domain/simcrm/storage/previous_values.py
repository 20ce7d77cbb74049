"""What a simulation last wrote of the properties that a later wave changes, from the rows of a batch's history."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from simcrm.core.json_types import JsonObject
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.storage import file_names

ObjectPlace: TypeAlias = tuple[str, int, int | None]
"""Type, index and ordinal of an object; contacts have no ordinal."""


def rows_with_previous(rows: Mapping[str, list[JsonObject]], step: str) -> list[JsonObject]:
    """Return the rows of a step; each change gets ``previous``, the values that it replaces, empty if there was none.

    ``rows`` are those of all steps, in the order in which they are written.
    """
    values: dict[ObjectPlace, Properties] = {}
    for earlier, listed in rows.items():
        if earlier == step:
            break
        _note_rows(values, earlier, listed)
    return [_with_previous(values, row) for row in rows[step]]


def is_change(row: JsonObject) -> bool:
    """Whether a row of a wave changes an object that was written before."""
    return bool(row.get("isChange")) or (row["type"] == ObjectType.CONTACTS and not row.get("isNew"))


def _note_rows(values: dict[ObjectPlace, Properties], step: str, rows: Iterable[JsonObject]) -> None:
    for row in rows:
        if step == file_names.CONTACTS_STEP:
            values[ObjectType.CONTACTS, row["index"], None] = row["contact"]
        else:
            _note(values, row)


def _note(values: dict[ObjectPlace, Properties], row: JsonObject) -> None:
    place = _place(row)
    before = values.get(place, {}) if is_change(row) else {}
    values[place] = before | row["properties"]


def _with_previous(values: dict[ObjectPlace, Properties], row: JsonObject) -> JsonObject:
    before = values.get(_place(row))
    _note(values, row)
    if before is None or not is_change(row):
        return row
    return row | {"previous": {name: before.get(name, "") for name in row["properties"]}}


def _place(row: JsonObject) -> ObjectPlace:
    is_contact = row["type"] == ObjectType.CONTACTS
    return row["type"], row["index"], None if is_contact else row["ordinal"]
