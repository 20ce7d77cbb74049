"""What a prompt says about the records it asks for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

KEY_NAMES = ("i", "id", "idx", "index", "ix", "key", "k", "n", "no", "record", "ref", "recordIndex", "record_index")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class PromptRecord:
    """One requested record: its key, its facts by name, and everything except the key as text."""

    key: str | int | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    def find(self, *names: str) -> str | None:
        """Return the first fact, at any depth, whose name contains one of ``names``, as text."""
        return next((value for name, value in self._scalars if any(part in name for part in names)), None)

    @cached_property
    def _scalars(self) -> list[tuple[str, str]]:
        """All facts that are not empty, at any depth, with lower-case names."""
        return [(name.lower(), str(value)) for name, value in walk_scalars(self.facts) if value not in {None, ""}]

    def get(self, name: str) -> Any:
        """Return the top-level fact with exactly this name."""
        return self.facts.get(name)


def walk_scalars(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every scalar in ``value`` with its name."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from walk_scalars(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from walk_scalars(inner, name)
    else:
        yield name, value


def parse_records(prompt: str) -> list[PromptRecord]:
    """Return the records that the JSON objects in a prompt describe, in their order; empty if it has none."""
    values = list(_json_values(prompt))
    listed = [value for value in values if isinstance(value, list)]
    objects = [value for value in values if isinstance(value, dict)]
    shared: dict[str, Any] = {}
    rows = [row for value in listed for row in value if isinstance(row, dict)]
    if not rows:
        rows, shared = _find_rows(objects)
    return [_to_record({**shared, **row}) for row in rows]


def record_key(facts: Mapping[str, Any]) -> str | int | None:
    """Return the key of a record."""
    for name in KEY_NAMES:
        if isinstance(value := facts.get(name), str | int) and not isinstance(value, bool):
            return value
    return None


def _find_rows(objects: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    if len(objects) == 1:
        lists = [(name, value) for name, value in objects[0].items() if _is_rows(value)]
        if lists and record_key(objects[0]) is None:
            name, rows = max(lists, key=lambda pair: len(pair[1]))
            return rows, {key: value for key, value in objects[0].items() if key != name}
        return objects, {}
    keyed = [row for row in objects if record_key(row) is not None]
    if not keyed:
        return objects, {}
    shared: dict[str, Any] = {}
    for row in objects:
        if record_key(row) is None:
            shared |= row
    return keyed, shared


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _json_values(prompt: str) -> Iterator[Any]:
    position = 0
    while (start := _next_opening(prompt, position)) >= 0:
        try:
            value, position = _DECODER.raw_decode(prompt, start)
        except ValueError:
            position = start + 1
            continue
        yield value


def _next_opening(prompt: str, position: int) -> int:
    positions = [place for place in (prompt.find("{", position), prompt.find("[", position)) if place >= 0]
    return min(positions, default=-1)


def _to_record(facts: dict[str, Any]) -> PromptRecord:
    key = record_key(facts)
    texts = {name: value for name, value in facts.items() if name not in KEY_NAMES}
    return PromptRecord(key, facts, json.dumps(texts, sort_keys=True, default=str))
