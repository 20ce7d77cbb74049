"""One endpoint as an ASGI application: key, fault, handler, counters, in this order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from starlette.types import Receive, Scope, Send

from local_anthropic.errors import ApiError, invalid_request, new_id
from local_anthropic.gateway.anthropic_call import AnthropicCall, Handler
from local_anthropic.gateway.anthropic_faults import AnthropicFaultKind, AnthropicFaultRule, FaultSubject
from local_anthropic.gateway.anthropic_server import AnthropicServer
from local_anthropic.gateway.call_stats import CallRecord
from local_server.http_calls import ApiRequest, ApiResponse, BodyTooLargeError, JsonFormat, read_body, serve_call
from local_server.serving import ConnectionDroppedError

_JSON = JsonFormat()
_SCRIPTED_KINDS = {AnthropicFaultKind.STATUS, AnthropicFaultKind.DROP}


@dataclass(frozen=True, slots=True)
class AnthropicRoute:
    """An endpoint; ``is_batch`` allows a body of the size of a batch."""

    method: str
    template: str
    handler: Handler
    is_batch: bool = False


class AnthropicEndpoint:
    """Handles the calls of one route."""

    def __init__(self, server: AnthropicServer, route: AnthropicRoute) -> None:
        self._server = server
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        record = CallRecord(self._server.clock(), self._route.method, scope["path"])
        with self._server.stats.in_flight_call():
            answer = self._answer(scope, receive, record)
            await serve_call(scope, receive, send, answer, count=partial(self._count, record), json_format=_JSON)

    def _count(self, record: CallRecord, status: int) -> None:
        record.status = status
        record.seconds = round(self._server.clock() - record.at, 6)
        self._server.stats.count(self._route.template, record)

    async def _answer(self, scope: Scope, receive: Receive, record: CallRecord) -> ApiResponse:
        request_id = new_id("req")
        try:
            answer = await self._handle(await self._call(scope, receive, record))
        except ApiError as error:
            answer = ApiResponse(error.status, error.body(request_id), error.headers)
        return ApiResponse(answer.status, answer.body, {"request-id": request_id, **answer.headers}, answer.lines)

    async def _call(self, scope: Scope, receive: Receive, record: CallRecord) -> AnthropicCall:
        settings = self._server.settings
        try:
            body = await read_body(
                receive, settings.max_batch_bytes if self._route.is_batch else settings.max_message_bytes
            )
        except BodyTooLargeError:
            raise ApiError(413) from None
        record.received_bytes = len(body)
        if settings.keep_prompts:
            record.prompt = _read_model_and_prompt(body)[1]
        request = ApiRequest.from_scope(scope, body)
        origin = f"{scope['scheme']}://{request.headers.get('host', '')}"
        return AnthropicCall(self._server, receive, request, origin, record)

    async def _handle(self, call: AnthropicCall) -> ApiResponse:
        fault = call.fault = self._pick_fault(call)
        if fault is None:
            return await self._run_handler(call)
        call.record.fault = fault.kind
        await call.pause(fault.delay_seconds)
        if fault.kind not in _SCRIPTED_KINDS:
            return await self._run_handler(call)
        if fault.after_work:
            await self._run_handler(call)
        raise _failure(fault)

    async def _run_handler(self, call: AnthropicCall) -> ApiResponse:
        _authenticate(self._server.keys, call.request.headers)
        return await self._route.handler(call)

    def _pick_fault(self, call: AnthropicCall) -> AnthropicFaultRule | None:
        if not self._server.faults:
            return None  # the body need not be parsed
        model, prompt = _read_model_and_prompt(call.request.body)
        return self._server.faults.pick(FaultSubject(call.record.method, call.record.path, model, prompt).matches)


def _failure(fault: AnthropicFaultRule) -> Exception:
    if fault.kind is AnthropicFaultKind.DROP:
        return ConnectionDroppedError()
    wait = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
    return ApiError(fault.status, fault.message, wait)


def _authenticate(keys: frozenset[str], headers: Mapping[str, str]) -> None:
    key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    if not key:
        raise ApiError(401, "x-api-key header is required")
    if keys and key not in keys:
        raise ApiError(401)
    if "anthropic-version" not in headers:
        raise invalid_request("anthropic-version: header is required")


def _read_model_and_prompt(body: bytes) -> tuple[str, str]:
    """Return the model and the last message of a body that has not been validated."""
    try:
        document = json.loads(body or b"{}")
        content = document["messages"][-1]["content"]
    except (ValueError, LookupError, TypeError):
        return "", ""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return str(document.get("model", "")), text
