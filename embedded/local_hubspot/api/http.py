"""Calls to an endpoint and their responses, independent of HTTP."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from local_hubspot.portal.errors import HubSpotError, validation_error
from local_hubspot.portal.portal import Portal

ShapeT = TypeVar("ShapeT")


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``query`` has all values of each parameter, and ``now`` is in epoch milliseconds.

    ``spoiled`` is the index of a batch input that a scripted fault makes invalid.
    """

    portal: Portal
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    raw_body: bytes
    now: int
    spoiled: int | None = None

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def names(self, parameter: str) -> list[str]:
        """Return a list parameter, repeated or comma-separated."""
        return [name for value in self.query.get(parameter, ()) for name in value.split(",") if name]

    def flag(self, parameter: str) -> bool:
        """Return a boolean parameter, false if absent."""
        return self.parameter(parameter) == "true"

    def number(self, parameter: str, default: int, maximum: int | None = None) -> int:
        """Return an integer query parameter; raises :class:`HubSpotError` (400) if it is not one or is too large."""
        text = self.parameter(parameter)
        if text is None:
            return default
        if not text.isdecimal() or (maximum is not None and int(text) > maximum):
            raise validation_error(f"Invalid value for {parameter}: {text}")
        return int(text)

    def body(self) -> Any:
        """Parse the JSON body, ``{}`` if it is empty; raises :class:`HubSpotError` (400)."""
        try:
            return json.loads(self.raw_body or b"{}")
        except ValueError as problem:
            raise _invalid_json(str(problem)) from problem

    def parse_body(self, shape: type[ShapeT]) -> ShapeT:
        """Parse and validate the JSON body; raises :class:`HubSpotError` (400)."""
        return validate(shape, self.body())

    def inputs(self, shape: type[ShapeT]) -> list[ShapeT] | None:
        """Return the validated ``inputs`` of a batch body, or None if it has none."""
        body = self.body()
        if not isinstance(body, dict) or body.get("inputs") is None:
            return None
        return validate(list[shape], body["inputs"])  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """Response of an endpoint; no body is sent if ``body`` is None."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], ApiResponse]


def validate(shape: type[ShapeT], value: Any) -> ShapeT:
    """Validate a JSON value; raises :class:`HubSpotError` (400) that says where it is invalid."""
    try:
        return _adapter(shape).validate_python(value)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _invalid_json(f"{first['msg']} (at {place})") from problem


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(shape: type[ShapeT]) -> TypeAdapter[ShapeT]:
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]


def _invalid_json(problem: str) -> HubSpotError:
    return validation_error(f"Invalid input JSON: {problem}")
