"""Why HubSpot refused one input of a batch, in its own words, and which properties it named."""

import json
from collections.abc import Container
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from simcrm.core.redaction import redact_and_truncate
from simcrm.hubspot.errors import RequestRejectedError

_LISTED_PREFIX = "Property values were not valid: "
_CONFLICT_TEXT = "already has that value"


@dataclass(frozen=True, slots=True)
class PropertyError:
    """A property whose value HubSpot refuses; ``code`` is HubSpot's, such as ``INVALID_OPTION``."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class InputError:
    """HubSpot's error for one input."""

    message: str
    property_errors: tuple[PropertyError, ...] = ()
    is_conflict: bool = False
    """Another record has the e-mail address or unique value; it may be this very record, written earlier."""
    answer: str = ""
    """Status and category of the response to a whole call, such as ``400 VALIDATION_ERROR``."""

    def has_same_cause(self, other: "InputError") -> bool:
        """Whether two calls were refused for the same cause, whatever else their messages quote."""
        return (self.answer, self.property_errors, self.is_conflict) == (other.answer, other.property_errors, False)

    def names(self, properties: Container[str], code: str) -> bool:
        """Whether HubSpot reports this code for one of these properties."""
        return any(problem.code == code and problem.name in properties for problem in self.property_errors)

    @property
    def has_no_cause(self) -> bool:
        """Whether neither a value nor another record is named as the reason."""
        return not (self.property_errors or self.is_conflict)


def parse_batch_error(entry: dict[str, Any]) -> InputError:
    """Parse an element of the ``errors`` of a 207 response."""
    message = str(entry.get("message"))
    is_conflict = entry.get("category") == "CONFLICT" or _CONFLICT_TEXT in message
    return InputError(redact_and_truncate(message), _parse_property_errors(message, entry.get("errors")), is_conflict)


def input_error_from_call(error: RequestRejectedError) -> InputError:
    """Convert the error response to a whole call, as if the call were about one input."""
    is_conflict = error.status == HTTPStatus.CONFLICT or _CONFLICT_TEXT in str(error.document.get("message"))
    return InputError(str(error), property_errors_from_call(error), is_conflict, f"{error.status} {error.category}")


def property_errors_from_call(error: RequestRejectedError) -> tuple[PropertyError, ...]:
    """The properties named in the error response to a whole call."""
    return _parse_property_errors(str(error.document.get("message")), error.document.get("errors"))


def _parse_property_errors(message: str, errors: Any) -> tuple[PropertyError, ...]:
    property_errors = [
        PropertyError(str(name), str(error.get("code")))
        for error in errors or []
        for name in (error.get("context") or {}).get("propertyName") or []
    ]
    return tuple(dict.fromkeys(property_errors or _parse_listed(message)))


def _parse_listed(message: str) -> list[PropertyError]:
    """Parse the properties that a 207 response names only inside its message, as JSON."""
    before, separator, rows = message.partition(_LISTED_PREFIX)
    if not separator or before:
        return []
    try:
        return [PropertyError(str(row["name"]), str(row["error"])) for row in json.loads(rows)]
    except (ValueError, KeyError, TypeError):
        return []
