"""Why HubSpot refused one input of a batch, in its own words, and which properties it named."""

import json
from collections.abc import Container
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from simcrm.core.redaction import quoted
from simcrm.hubspot.errors import CallRefusedError

_LISTED = "Property values were not valid: "
_HELD = "already has that value"


@dataclass(frozen=True, slots=True)
class Problem:
    """A property whose value HubSpot does not take; ``code`` is its own, such as ``INVALID_OPTION``."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """HubSpot's answer to one input."""

    message: str
    problems: tuple[Problem, ...] = ()
    is_conflict: bool = False
    """Another record has the e-mail or the unique value: it may be this very one, written before."""
    answer: str = ""
    """Status and category of the answer to a whole call, such as ``400 VALIDATION_ERROR``."""

    def is_like(self, other: "Refusal") -> bool:
        """Whether two calls were refused for the same cause, whatever else their messages quote."""
        return (self.answer, self.problems, self.is_conflict) == (other.answer, other.problems, False)

    def names(self, properties: Container[str], code: str) -> bool:
        """Whether HubSpot has this to say of one of these properties."""
        return any(problem.code == code and problem.name in properties for problem in self.problems)

    @property
    def is_unexplained(self) -> bool:
        """Whether neither a value nor another record is named as the reason."""
        return not (self.problems or self.is_conflict)


def refusal_of_entry(entry: dict[str, Any]) -> Refusal:
    """From an element of a 207's ``errors``."""
    message = str(entry.get("message"))
    is_conflict = entry.get("category") == "CONFLICT" or _HELD in message
    return Refusal(quoted(message), _problems(message, entry.get("errors")), is_conflict)


def refusal_of_call(error: CallRefusedError) -> Refusal:
    """From the answer to a whole call, which was about one input."""
    is_conflict = error.status == HTTPStatus.CONFLICT or _HELD in str(error.document.get("message"))
    return Refusal(str(error), problems_of_call(error), is_conflict, f"{error.status} {error.category}")


def problems_of_call(error: CallRefusedError) -> tuple[Problem, ...]:
    """The properties that the answer to a whole call names."""
    return _problems(str(error.document.get("message")), error.document.get("errors"))


def _problems(message: str, errors: Any) -> tuple[Problem, ...]:
    found = [
        Problem(str(name), str(error.get("code")))
        for error in errors or []
        for name in (error.get("context") or {}).get("propertyName") or []
    ]
    return tuple(dict.fromkeys(found or _listed(message)))


def _listed(message: str) -> list[Problem]:
    """A 207 names properties only inside its message, as JSON."""
    before, found, rows = message.partition(_LISTED)
    if not found or before:
        return []
    try:
        return [Problem(str(row["name"]), str(row["error"])) for row in json.loads(rows)]
    except (ValueError, KeyError, TypeError):
        return []
