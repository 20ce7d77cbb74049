"""One endpoint as an ASGI application: fault, token, scopes, limits, handler, counters, in this order."""

import asyncio
import uuid
from dataclasses import dataclass
from functools import partial

from starlette.types import Receive, Scope, Send

from local_hubspot.api.portal_call import Handler, PortalCall
from local_hubspot.gateway.call_limits import LimitFamily, ThrottledError, resolve_limits
from local_hubspot.gateway.hubspot_faults import HubSpotFaultKind, HubSpotFaultRule
from local_hubspot.gateway.portal_server import PortalServer
from local_hubspot.gateway.scopes import authenticate, needed_scopes, require_scopes
from local_hubspot.portal.errors import HubSpotError
from local_server.http_calls import ApiRequest, ApiResponse, JsonFormat, read_body, serve_call
from local_server.serving import ConnectionDroppedError

_JSON = JsonFormat("application/json;charset=utf-8", escapes=True)
_SCRIPTED_ERRORS = {
    401: ("Authentication credentials not found.", "INVALID_AUTHENTICATION"),
    403: ("One or more of the following scopes are required.", "MISSING_SCOPES"),
    423: ("The record is locked by another write. Wait at least 2 seconds.", "LOCKED"),
}


@dataclass(frozen=True, slots=True)
class HubSpotRoute:
    """An endpoint and its guards; ``area`` determines the scopes, and ``writes`` is set if it may change records."""

    method: str
    template: str
    handler: Handler
    area: str = "objects"
    limit_family: LimitFamily = LimitFamily.STANDARD
    writes: bool = False


class HubSpotEndpoint:
    """Handles the calls of one route."""

    def __init__(self, server: PortalServer, route: HubSpotRoute) -> None:
        self._server = server
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        request = ApiRequest.from_scope(scope, await read_body(receive))
        answer = self._answer(scope["path"], request)
        await serve_call(scope, receive, send, answer, count=partial(self._count, request), json_format=_JSON)

    def _count(self, request: ApiRequest, status: int) -> None:
        route, received = self._route, len(request.body)
        self._server.stats.count(route.method, route.template, status, writes=route.writes, received=received)

    async def _answer(self, path: str, request: ApiRequest) -> ApiResponse:
        fault = self._server.faults.pick(lambda rule: rule.matches_call(self._route.method, path))
        if fault is not None and fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault is None or fault.kind is HubSpotFaultKind.SLOW:
            return self._handle(request, None)
        if fault.kind is HubSpotFaultKind.INVALID_INPUT:
            return self._handle(request, fault.record - 1)
        if fault.after_write:
            self._handle(request, None)
        return _scripted_response(fault, self._server.settings.portal_id)

    def _handle(self, request: ApiRequest, spoiled: int | None) -> ApiResponse:
        server, route = self._server, self._route
        now, portal = server.now(), server.portal
        correlation_id = str(uuid.uuid4())
        headers: dict[str, str] = {}
        try:
            token = authenticate(server.tokens, request.headers.get("authorization"))
            require_scopes(server.tokens, token, needed_scopes(route.area, request.path, writes=route.writes))
            headers = server.limiter.take(resolve_limits(portal.settings), token, route.limit_family, now)
            answer = route.handler(PortalCall(portal, request, now, spoiled))
        except HubSpotError as refusal:
            answer = ApiResponse(refusal.status, refusal.body(correlation_id))
        except ThrottledError as throttled:
            wait = {"Retry-After": str(-(-throttled.wait // 1000))} if portal.settings.retry_after else {}
            answer = ApiResponse(429, throttled.body(correlation_id, portal.settings.portal_id), wait)
        return ApiResponse(answer.status, answer.body, {**headers, **answer.headers})


def _scripted_response(fault: HubSpotFaultRule, portal_id: int) -> ApiResponse:
    correlation_id = str(uuid.uuid4())
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.kind is HubSpotFaultKind.DROP:
        raise ConnectionDroppedError
    if fault.kind is HubSpotFaultKind.RATE_LIMIT:
        return ApiResponse(429, ThrottledError(fault.policy, 0).body(correlation_id, portal_id), headers)
    message, category = _SCRIPTED_ERRORS.get(fault.status, ("internal error", None))
    error = HubSpotError(fault.status, message, category=category)
    return ApiResponse(fault.status, error.body(correlation_id), headers)
