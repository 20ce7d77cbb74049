"""Errors of the portal, with HubSpot's error bodies."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

VALIDATION = "VALIDATION_ERROR"


class HubSpotError(Exception):
    """A request, or one input of a batch, that HubSpot would reject.

    ``message`` goes into the body of a failed request, and ``entry_message`` into an entry of a 207 if the two differ.
    ``context`` maps names to lists of strings; ``entry_context`` is added to it in a 207. ``links`` and ``errors``
    appear only if given.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        category: str | None = None,
        sub_category: str | None = None,
        context: dict[str, list[str]] | None = None,
        errors: Sequence[dict[str, Any]] = (),
        links: dict[str, str] | None = None,
        entry_message: str | None = None,
        entry_context: dict[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.sub_category = sub_category
        self.context = context or {}
        self.errors = list(errors)
        self.links = links
        self.entry_message = entry_message or message
        self.entry_context = entry_context or {}

    def body(self, correlation_id: str) -> dict[str, Any]:
        """Return the body of a response to a request that failed as a whole."""
        optional = {
            "context": self.context,
            "errors": self.errors,
            "links": self.links,
            "category": self.category,
            "subCategory": self.sub_category,
        }
        head = {"status": "error", "message": self.message, "correlationId": correlation_id}
        return head | {name: value for name, value in optional.items() if value}

    def entry(self, **context: list[str]) -> dict[str, Any]:
        """Return an element of ``errors`` in a 207; ``context`` is added to the error's own."""
        entry: dict[str, Any] = {"status": "error", "category": self.category or VALIDATION}
        if self.sub_category:
            entry["subCategory"] = self.sub_category
        return entry | {"message": self.entry_message, "context": self.context | self.entry_context | context}


@dataclass(frozen=True, slots=True)
class InvalidProperty:
    """One invalid property value; ``code`` is HubSpot's, such as ``INVALID_OPTION``."""

    name: str
    code: str
    message: str


class InvalidPropertiesError(HubSpotError):
    """400 for invalid property values; ``problems`` may come from several inputs of a batch."""

    def __init__(self, problems: Iterable[InvalidProperty], portal_id: int) -> None:
        self.problems = list(problems)
        super().__init__(
            400,
            _render_listing(self.problems, {}),
            category=VALIDATION,
            errors=[_render_error(problem) for problem in self.problems],
            entry_message=_render_listing(self.problems, {"portalId": portal_id}),
        )


def _render_error(problem: InvalidProperty) -> dict[str, Any]:
    return {"message": problem.message, "code": problem.code, "context": {"propertyName": [problem.name]}}


def _render_listing(problems: Sequence[InvalidProperty], extra: dict[str, int]) -> str:
    rows = [_render_listed(problem, extra) for problem in problems]
    return f"Property values were not valid: {json.dumps(rows, separators=(',', ':'), ensure_ascii=False)}"


def _render_listed(problem: InvalidProperty, extra: dict[str, int]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "isValid": False,
        "message": problem.message,
        "error": problem.code,
        "name": problem.name,
    }
    return row | ({"localizedErrorMessage": problem.message} | extra if extra else {})


def validation_error(message: str, **context: list[str]) -> HubSpotError:
    """Return a 400 VALIDATION_ERROR."""
    return HubSpotError(400, message, category=VALIDATION, context=context)


def not_found_error(kind: str, ids: list[str]) -> HubSpotError:
    """Return the error for ids without a record; ``kind`` is the upper-case object name."""
    return HubSpotError(
        404,
        f"Could not get some {kind} objects, they may be deleted or not exist. Check that ids are valid.",
        category="OBJECT_NOT_FOUND",
        context={"ids": ids},
    )
