"""Load JSON into frozen dataclasses, checked field by field, so that an error names the exact place."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from simcrm.synthetic.grammar import GENDERS, Noun

MAX_NUMBER = 10**12
"""Numbers up to this limit can be added and multiplied without becoming infinite."""

_NOUN_FIELDS = {"text", "gender", "forms"}

T = TypeVar("T")
Path = tuple[str | int, ...]


class StructureError(ValueError):
    """A value is invalid; ``path`` leads to it from the root of the document."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


def load_dataclass(kind: type[T], value: Any, path: Path = ()) -> T:
    """Load a value as an instance of a dataclass, whose fields are camelCase keys. Raises StructureError."""
    result: T = _load_instance(kind, value, path)
    return result


def to_camel_case(name: str) -> str:
    """Convert a field's name to its JSON key."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _load_instance(kind: Any, value: Any, path: Path) -> Any:
    entries = _check_type(value, dict, "an object", path)
    known = {to_camel_case(field.name): field for field in fields(kind)}
    for key in entries:
        if key not in known:
            raise StructureError((*path, key), f"unknown field; available: {', '.join(known)}")
    values = {}
    for key, field in known.items():
        if key in entries:
            values[field.name] = _convert(_hints(kind)[field.name], entries[key], (*path, key))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise StructureError((*path, key), "required field is missing")
    return kind(**values)


def _convert(kind: Any, value: Any, path: Path) -> Any:
    if is_dataclass(kind):
        return _load_instance(kind, value, path)
    origin = get_origin(kind)
    if origin is not None:
        return _COLLECTIONS[origin](get_args(kind), value, path)
    if kind is Noun:
        return _noun(value, path)
    if issubclass(kind, StrEnum):
        return _member(kind, value, path)
    return _scalar(kind, value, path)


def _optional(arguments: tuple[Any, ...], value: Any, path: Path) -> Any:
    return None if value is None else _convert(arguments[0], value, path)


def _list(arguments: tuple[Any, ...], value: Any, path: Path) -> tuple[Any, ...]:
    rows = _check_type(value, list, "a list", path)
    if not rows:
        raise StructureError(path, "must not be empty")
    return tuple(_convert(arguments[0], row, (*path, number)) for number, row in enumerate(rows))


def _mapping(arguments: tuple[Any, ...], value: Any, path: Path) -> dict[Any, Any]:
    entries = _check_type(value, dict, "an object", path)
    keys, values = arguments
    return {_convert(keys, key, (*path, key)): _convert(values, row, (*path, key)) for key, row in entries.items()}


_COLLECTIONS: dict[Any, Callable[[tuple[Any, ...], Any, Path], Any]] = {
    Union: _optional,
    types.UnionType: _optional,
    tuple: _list,
    Mapping: _mapping,
}


def _noun(value: Any, path: Path) -> Noun:
    """Load a text, or an object with a text and what its language needs to inflect it."""
    if not isinstance(value, dict):
        return Noun(_scalar(str, value, path))
    for key in value.keys() - _NOUN_FIELDS:
        raise StructureError((*path, key), f"unknown field; available: {', '.join(sorted(_NOUN_FIELDS))}")
    if "text" not in value:
        raise StructureError((*path, "text"), "required field is missing")
    gender = value.get("gender", "")
    if gender not in {"", *GENDERS}:
        raise StructureError((*path, "gender"), f"{gender!r} is not one of {', '.join(GENDERS)}")
    forms = _mapping((str, str), value.get("forms", {}), (*path, "forms"))
    return Noun(_scalar(str, value["text"], (*path, "text")), gender, forms)


def _member(kind: type[StrEnum], value: Any, path: Path) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise StructureError(path, f"{value!r} is not one of {', '.join(kind)}") from None


def _scalar(kind: type, value: Any, path: Path) -> Any:
    if kind is str:
        text = _check_type(value, str, "text", path)
        if not text.strip():
            raise StructureError(path, "must not be empty")
        return text
    if isinstance(value, bool) or not isinstance(value, int | float if kind is float else int):
        raise StructureError(path, f"must be {'a number' if kind is float else 'a whole number'}, is {value!r:.60}")
    if value < 0:
        raise StructureError(path, f"must not be negative, is {value!r:.60}")
    if not value <= MAX_NUMBER:  # also rejects NaN
        raise StructureError(path, f"must be at most {MAX_NUMBER:,}")
    return kind(value)


def _check_type(value: Any, kind: type, expected: str, path: Path) -> Any:
    if not isinstance(value, kind):
        raise StructureError(path, f"must be {expected}, is {value!r:.60}")
    return value
