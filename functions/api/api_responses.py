"""The shape of all responses: ``{"ok": true, ...}`` or ``{"ok": false, "error": {"code", "message", "field"?}}``."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from simcrm.core import log
from simcrm.core.errors import (
    InvalidInputError,
    InvalidSimulationError,
    JobRunningError,
    NotFoundError,
    ScheduleExistsError,
    SimCrmError,
    SimulationAbortedError,
    SimulationCleanedUpError,
    SimulationEndedError,
    SimulationExistsError,
    SimulationNotFoundError,
    SimulationRunningError,
    StaleVersionError,
)
from simcrm.core.log import log_event
from simcrm.core.redaction import redact_to_length
from simcrm.operations.roles import Role

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}

STATUS_BY_ERROR: dict[type[Exception], HTTPStatus] = {
    InvalidInputError: HTTPStatus.BAD_REQUEST,
    InvalidSimulationError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    SimulationNotFoundError: HTTPStatus.NOT_FOUND,
    SimulationExistsError: HTTPStatus.CONFLICT,
    SimulationRunningError: HTTPStatus.CONFLICT,
    StaleVersionError: HTTPStatus.CONFLICT,
    SimulationEndedError: HTTPStatus.CONFLICT,
    SimulationAbortedError: HTTPStatus.CONFLICT,
    SimulationCleanedUpError: HTTPStatus.CONFLICT,
    JobRunningError: HTTPStatus.CONFLICT,
    ScheduleExistsError: HTTPStatus.CONFLICT,
}

MAX_BODY_BYTES = 64 * 1024
"""Far above any simulation input, while the resulting execution input stays below Step Functions' 256 KiB."""

STAGE = "/prod"
"""May prefix a path if the request did not come through the gateway's own address."""

PUBLIC_PATHS = {"/api/health", "/api/openapi.json", "/console", "/console/app.js", "/console/style.css"}
BOSS_PREFIX = "/api/boss/"


def strip_stage(path: str) -> str:
    """Return a request's path as routes spell it."""
    return path.removeprefix(STAGE)


def ok_response(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """Return a successful response."""
    return _response(status, {"ok": True, **document})


def file_response(body: str, content_type: str, headers: Mapping[str, str]) -> Response[str]:
    """Return a successful response that contains a file."""
    return Response(status_code=HTTPStatus.OK, content_type=content_type, body=body, headers={**HEADERS, **headers})


def error_response(status: HTTPStatus, code: str, message: str, field: str | None = None) -> Response[str]:
    """Return an error response in the API's shape."""
    error = {"code": code, "message": redact_to_length(message)} | ({} if field is None else {"field": field})
    return _response(status, {"ok": False, "error": error})


def require_role(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Run a route only for a role that may use it; API Gateway has already checked the token."""
    path = strip_stage(app.current_event.path)
    role = (app.current_event.raw_event["requestContext"].get("authorizer") or {}).get("role")
    if path in PUBLIC_PATHS or role == Role.BOSS or (role == Role.OPERATOR and not path.startswith(BOSS_PREFIX)):
        return next_middleware(app)
    if role is None:
        return error_response(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "Send a valid token as Authorization Bearer.")
    return error_response(HTTPStatus.FORBIDDEN, "FORBIDDEN", "This token does not allow that.")


def limit_body(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Reject a body that is too long for any route before anything reads it."""
    if len((app.current_event.body or "").encode(errors="surrogatepass")) <= MAX_BODY_BYTES:
        return next_middleware(app)
    message = f"The body is longer than {MAX_BODY_BYTES} bytes."
    return error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)


def register_error_handlers(app: APIGatewayRestResolver) -> None:
    """Turn every error of a route into an HTTP response; unexpected errors reveal no details."""
    app.exception_handler(Exception)(_response_for_error)
    app.not_found(lambda _error: _unknown_route_response(app))


def _response_for_error(error: Exception) -> Response[str]:
    status = STATUS_BY_ERROR.get(type(error))
    if status is None or not isinstance(error, SimCrmError):
        kind, where = type(error).__name__, log.error_location(error)
        log_event("API_FAILED", "a request failed", level=logging.ERROR, errorType=kind, where=where)
        return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "The request failed; try again.")
    return error_response(status, error.code, str(error), getattr(error, "field", None))


def _unknown_route_response(app: APIGatewayRestResolver) -> Response[str]:
    path = strip_stage(app.current_event.path)
    by_name, by_pattern = app._static_routes, app._dynamic_routes  # noqa: SLF001 - powertools has no public list
    routes = [route for route in by_name if route.path == path] or [r for r in by_pattern if r.rule.match(path)]
    allowed = ", ".join(sorted({str(route.method) for route in routes}))
    if not allowed:
        return error_response(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such route.")
    refused = error_response(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", f"This route supports {allowed}.")
    refused.headers["Allow"] = allowed
    return refused


def _response(status: HTTPStatus, document: Mapping[str, Any]) -> Response[str]:
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        body=json.dumps(document),
        headers=dict(HEADERS),
    )
