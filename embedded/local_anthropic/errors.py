"""Errors of the API."""

import secrets
from collections.abc import Mapping
from typing import Any

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_MESSAGES = {
    401: "invalid x-api-key",
    403: "Your API key does not have permission to use the specified resource.",
    413: "Request exceeds the maximum size",
    429: "Number of requests has exceeded your rate limit",
    500: "Internal server error",
    504: "The request timed out while processing.",
    529: "Overloaded",
}


class ApiError(Exception):
    """An error response with ``status``, a message and ``headers``."""

    def __init__(self, status: int, message: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.message = message or _MESSAGES.get(status) or "The request was refused."
        self.headers = dict(headers or {})
        super().__init__(self.message)

    @property
    def type(self) -> str:
        """The API's error type for the status."""
        return _TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "api_error")  # noqa: PLR2004

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the error body; ``request_id`` is that of the call."""
        error = {"type": self.type, "message": self.message}
        return {"type": "error", "error": error, "request_id": request_id}


def invalid_request(message: str) -> ApiError:
    """Return a 400 invalid_request_error."""
    return ApiError(400, message)


def new_id(prefix: str) -> str:
    """Return an identifier in the API's format, such as ``req_01AbC...``."""
    return f"{prefix}_01{secrets.token_urlsafe(16).replace('-', 'a').replace('_', 'b')}"
