"""Calls to an endpoint of the portal, and the validation of their bodies."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from local_hubspot.portal.errors import HubSpotError, validation_error
from local_hubspot.portal.portal import Portal
from local_server.http_calls import ApiRequest, ApiResponse

ShapeT = TypeVar("ShapeT")


@dataclass(frozen=True, slots=True)
class PortalCall:
    """One request at ``now`` (epoch milliseconds).

    ``spoiled`` is the index of a batch input that a scripted fault makes invalid.
    """

    portal: Portal
    request: ApiRequest
    now: int
    spoiled: int | None = None

    def names(self, parameter: str) -> list[str]:
        """Return a list parameter, repeated or comma-separated."""
        return [name for value in self.request.query.get(parameter, ()) for name in value.split(",") if name]

    def flag(self, parameter: str) -> bool:
        """Return a boolean parameter, false if absent."""
        return self.request.parameter(parameter) == "true"

    def number(self, parameter: str, default: int, maximum: int | None = None) -> int:
        """Return an integer query parameter; raises :class:`HubSpotError` (400) if it is not one or is too large."""
        text = self.request.parameter(parameter)
        if text is None:
            return default
        if not text.isdecimal() or (maximum is not None and int(text) > maximum):
            raise validation_error(f"Invalid value for {parameter}: {text}")
        return int(text)

    def body(self) -> Any:
        """Parse the JSON body, ``{}`` if it is empty; raises :class:`HubSpotError` (400)."""
        try:
            return json.loads(self.request.body or b"{}")
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


Handler = Callable[[PortalCall], ApiResponse]


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
