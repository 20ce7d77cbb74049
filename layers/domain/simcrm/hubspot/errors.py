"""Errors that a portal can return instead of doing what was requested.

PortalError
+-- PortalAccessError               no retry resolves it: the run stops and says what to do
|   +-- TokenRefusedError           the token is invalid, or no longer valid
|   +-- DailyLimitError             the daily calls are spent
|   +-- ForbiddenError              the token lacks a scope, or the portal forbids the call for another reason
|   +-- MissingPropertiesError      SimCRM's own properties no longer exist
|   +-- CommonCauseError            every write of one type is refused for the same cause
+-- PortalUnavailableError          the same call may succeed later: the message waits in its queue
|   +-- UnknownWriteOutcomeError    it may already have succeeded: time-out, lost connection, 5xx
+-- WriteBlockedError               nothing was sent, because a run was aborted while the call waited
+-- RequestRejectedError            HubSpot understood the call and refuses its content (400, 404, 409)

Determined by HTTP status, category and code, never by the message alone:
https://developers.hubspot.com/docs/api-reference/error-handling
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from simcrm.core.errors import SimCrmError
from simcrm.core.redaction import redact_and_truncate


class PortalError(SimCrmError):
    """Base of all error responses of the portal.

    ``written`` holds the IDs, by key, of the objects that are in the portal despite the error.
    """

    code = "PORTAL_ERROR"
    written: Mapping[str, str] = MappingProxyType({})


class PortalAccessError(PortalError):
    """The token, its scopes, the daily limit or the type of portal prevents the run; ``scopes`` are missing."""

    code = "PORTAL_REFUSED"

    def __init__(self, message: str, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.scopes = scopes


class TokenRefusedError(PortalAccessError):
    """The portal does not accept the token, which may have been rotated since it was read."""


class DailyLimitError(PortalAccessError):
    """The portal's daily calls are spent."""


class ForbiddenError(PortalAccessError):
    """The token may not do this; ``scopes`` are those it lacks, empty if HubSpot names none."""


class MissingPropertiesError(PortalAccessError):
    """One of SimCRM's properties existed when the run was planned and no longer does."""


class CommonCauseError(PortalAccessError):
    """Batch after batch of one type is refused for one cause, so the records are not to blame."""


class PortalUnavailableError(PortalError):
    """Rate limit, lock, outage or lost connection; ``retry_after`` is HubSpot's delay in seconds, if any."""

    code = "PORTAL_BUSY"

    def __init__(self, message: str, retry_after: float | None = None, *, throttled: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.throttled = throttled


class UnknownWriteOutcomeError(PortalUnavailableError):
    """It is unknown whether the portal did what was requested."""


class WriteBlockedError(PortalError):
    """The call was not sent: by then, one of its objects was blocked."""


class RequestRejectedError(PortalError):
    """HubSpot refuses the content of a call; if it is a batch without trace IDs, nothing was written."""

    code = "CALL_REFUSED"

    def __init__(self, status: int, category: str, message: str, document: dict[str, Any] | None = None) -> None:
        super().__init__(f"HubSpot answered {status} {category}: {message}")
        self.status = status
        self.category = category
        self.document = document or {}


LOCK_SECONDS = 2.0
"""How long HubSpot holds a lock that it reports with 423."""

ACCESS_ERRORS = {
    HTTPStatus.UNAUTHORIZED: (
        "HubSpot does not accept the token: put a valid hubspotToken into the secret and resume the simulation."
    ),
    477: "HubSpot is moving this portal to another data center: resume the simulation later.",
}
"""Statuses that no retry resolves, and what to do."""

MISSING_SCOPES_MESSAGE = "The token lacks a scope: grant {scopes} and resume the simulation."

FORBIDDEN_MESSAGE = (
    "HubSpot forbids the call and names no scope ({category}: {message}): check what the portal and the token's "
    "user are allowed to do, then resume the simulation."
)

DAILY_LIMIT_MESSAGE = (
    "The portal's daily API limit is spent: resume the simulation after midnight in the portal's time zone."
)


def error_from_response(status: int, body: Any, retry_after: float | None) -> PortalError:
    """The error for a response outside 2xx."""
    document = body if isinstance(body, dict) else {}
    message = redact_and_truncate(str(document.get("message") or "no message"))
    error = _error_from_document(status, document, message, retry_after)
    error.repeats = message.rstrip(".")
    return error


def _error_from_document(status: int, document: dict[str, Any], message: str, retry_after: float | None) -> PortalError:
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden_error(document, message)
    if status in ACCESS_ERRORS:
        kind = TokenRefusedError if status == HTTPStatus.UNAUTHORIZED else PortalAccessError
        return kind(ACCESS_ERRORS[status])
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _throttled_error(document, message, retry_after)
    if status == HTTPStatus.LOCKED:
        wait = LOCK_SECONDS if retry_after is None else retry_after
        return PortalUnavailableError(f"HubSpot answered {status}: {message}", wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnknownWriteOutcomeError(f"HubSpot answered {status}: {message}", retry_after)
    return RequestRejectedError(status, str(document.get("category") or "UNKNOWN"), message, document)


def _throttled_error(document: dict[str, Any], message: str, retry_after: float | None) -> PortalError:
    if document.get("policyName") == "DAILY":
        return DailyLimitError(DAILY_LIMIT_MESSAGE)
    return PortalUnavailableError(
        f"HubSpot answered {HTTPStatus.TOO_MANY_REQUESTS}: {message}", retry_after, throttled=True
    )


def _forbidden_error(document: dict[str, Any], message: str) -> ForbiddenError:
    scopes = _required_scopes(document)
    if scopes:
        return ForbiddenError(MISSING_SCOPES_MESSAGE.format(scopes=", ".join(scopes)), scopes)
    category = str(document.get("category") or HTTPStatus.FORBIDDEN.value)
    return ForbiddenError(FORBIDDEN_MESSAGE.format(category=category, message=message.rstrip(".")))


def _required_scopes(document: dict[str, Any]) -> tuple[str, ...]:
    contexts = [document.get("context") or {}, *((item.get("context") or {}) for item in document.get("errors") or [])]
    scopes = {scope for context in contexts for scope in context.get("requiredGranularScopes") or []}
    return tuple(sorted(scopes))
