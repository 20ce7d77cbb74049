"""One endpoint as an ASGI application: fault, token, scopes, limits, handler, counters, in this order."""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.types import Receive, Scope, Send

from local_hubspot.api.http import ApiResponse, Call, Handler
from local_hubspot.gateway.faults import FaultKind, FaultRule, Faults
from local_hubspot.gateway.limits import CallLimiter, LimitFamily, ThrottledError, resolve_limits
from local_hubspot.gateway.scopes import Tokens, authenticate, needed_scopes, require_scopes
from local_hubspot.gateway.stats import Stats
from local_hubspot.portal.errors import HubSpotError
from local_hubspot.portal.portal import Portal
from local_server.serving import ConnectionDroppedError, drop_connection

_SCRIPTED_ERRORS = {
    401: ("Authentication credentials not found.", "INVALID_AUTHENTICATION"),
    403: ("One or more of the following scopes are required.", "MISSING_SCOPES"),
    423: ("The record is locked by another write. Wait at least 2 seconds.", "LOCKED"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint and its guards; ``area`` determines the scopes, and ``writes`` is set if it may change records."""

    method: str
    template: str
    handler: Handler
    area: str = "objects"
    limit_family: LimitFamily = LimitFamily.STANDARD
    writes: bool = False


@dataclass(slots=True)
class Server:
    """State shared by all endpoints; ``clock`` returns epoch seconds."""

    portal: Portal
    tokens: Tokens
    clock: Callable[[], float]
    limiter: CallLimiter = field(init=False)
    stats: Stats = field(default_factory=Stats)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.limiter = CallLimiter(self._local_day)

    def now(self) -> int:
        """Return the current time in epoch milliseconds."""
        return int(self.clock() * 1000)

    def reset(self) -> None:
        """Empty the portal and clear counters and faults; settings and tokens stay."""
        self.portal.reset()
        self.limiter = CallLimiter(self._local_day)
        self.stats = Stats()
        self.faults = Faults()

    def _local_day(self, moment: int) -> str:
        zone = ZoneInfo(self.portal.settings.time_zone)
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).date().isoformat()


class Endpoint:
    """Handles the calls of one route."""

    def __init__(self, server: Server, route: Route) -> None:
        self._server = server
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        body = await _read(receive)
        server, route = self._server, self._route
        fault = server.faults.pick(route.method, scope["path"])
        if fault is not None and fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        try:
            answer = self._answer(scope, body, fault)
        except ConnectionDroppedError:
            self._count(0, body)
            await drop_connection(scope, receive)
            return
        self._count(answer.status, body)
        await _send(send, answer)

    def _count(self, status: int, body: bytes) -> None:
        route = self._route
        self._server.stats.count(route.method, route.template, status, writes=route.writes, received=len(body))

    def _answer(self, scope: Scope, body: bytes, fault: FaultRule | None) -> ApiResponse:
        if fault is None or fault.kind in {FaultKind.SLOW, FaultKind.INVALID_INPUT}:
            spoiled = fault.record - 1 if fault is not None and fault.kind is FaultKind.INVALID_INPUT else None
            return self._handle(scope, body, spoiled)
        if fault.after_write:
            self._handle(scope, body, None)
        return _scripted_response(fault, self._server.portal.settings.portal_id)

    def _handle(self, scope: Scope, body: bytes, spoiled: int | None) -> ApiResponse:
        server, route = self._server, self._route
        now, portal = server.now(), server.portal
        correlation_id = str(uuid.uuid4())
        headers: dict[str, str] = {}
        try:
            path = scope["path_params"]
            token = authenticate(server.tokens, _header(scope, b"authorization"))
            require_scopes(server.tokens, token, needed_scopes(route.area, path, writes=route.writes))
            headers = server.limiter.take(resolve_limits(portal.settings), token, route.limit_family, now)
            query = parse_qs(scope["query_string"].decode("latin-1"))
            answer = route.handler(Call(portal, path, query, body, now, spoiled))
        except HubSpotError as refusal:
            answer = ApiResponse(refusal.status, refusal.body(correlation_id))
        except ThrottledError as throttled:
            wait = {"Retry-After": str(-(-throttled.wait // 1000))} if portal.settings.retry_after else {}
            answer = ApiResponse(429, throttled.body(correlation_id, portal.settings.portal_id), wait)
        return ApiResponse(answer.status, answer.body, {**headers, **answer.headers})


def _scripted_response(fault: FaultRule, portal_id: int) -> ApiResponse:
    correlation_id = str(uuid.uuid4())
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.kind is FaultKind.DROP:
        raise ConnectionDroppedError
    if fault.kind is FaultKind.RATE_LIMIT:
        return ApiResponse(429, ThrottledError(fault.policy, 0).body(correlation_id, portal_id), headers)
    message, category = _SCRIPTED_ERRORS.get(fault.status, ("internal error", None))
    return ApiResponse(
        fault.status, HubSpotError(fault.status, message, category=category).body(correlation_id), headers
    )


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, answer: ApiResponse) -> None:
    body = b"" if answer.body is None else json.dumps(answer.body, separators=(",", ":")).encode()
    headers = [
        (b"content-type", b"application/json;charset=utf-8"),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    if answer.status != 204:  # noqa: PLR2004  # no content
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Mapping[str, Any], name: bytes) -> str | None:
    for present, value in scope["headers"]:
        if present == name:
            return str(value.decode("latin-1"))
    return None
