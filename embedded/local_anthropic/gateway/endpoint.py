"""One endpoint as an ASGI application: key, fault, handler, counters, in this order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from local_anthropic.errors import ApiError, invalid_request, new_id
from local_anthropic.gateway.faults import FaultKind, FaultRule, FaultSubject
from local_anthropic.gateway.http import ApiResponse, Call, ClientGoneError, Handler, read_body
from local_anthropic.gateway.server import Server
from local_anthropic.gateway.stats import CallRecord
from local_server.serving import ConnectionDroppedError, drop_connection

CLIENT_CLOSED = 499
_SCRIPTED_KINDS = {FaultKind.STATUS, FaultKind.DROP}


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint; ``is_batch`` allows a body of the size of a batch."""

    method: str
    template: str
    handler: Handler
    is_batch: bool = False


class Endpoint:
    """Handles the calls of one route."""

    def __init__(self, server: Server, route: Route) -> None:
        self._server = server
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        server, route = self._server, self._route
        note = CallRecord(server.clock(), route.method, scope["path"])
        with server.stats.in_flight_call():
            try:
                answer = await self._answer(scope, receive, note)
            except ConnectionDroppedError:
                await self._end(note, 0)
                await drop_connection(scope, receive)
                return
            except ClientGoneError:
                await self._end(note, CLIENT_CLOSED)
                return
            await self._end(note, answer.status)
            await _send(send, answer)

    async def _end(self, note: CallRecord, status: int) -> None:
        note.status = status
        note.seconds = round(self._server.clock() - note.at, 6)
        self._server.stats.record(self._route.template, note)

    async def _answer(self, scope: Scope, receive: Receive, note: CallRecord) -> ApiResponse:
        request_id = new_id("req")
        try:
            answer = await self._handle(await self._call(scope, receive, note))
        except ApiError as error:
            answer = ApiResponse(error.status, error.body(request_id), error.headers)
        return ApiResponse(answer.status, answer.body, {"request-id": request_id, **answer.headers}, answer.lines)

    async def _call(self, scope: Scope, receive: Receive, note: CallRecord) -> Call:
        settings = self._server.settings
        body = await read_body(
            receive, settings.max_batch_bytes if self._route.is_batch else settings.max_message_bytes
        )
        note.received_bytes = len(body)
        if settings.keep_prompts:
            note.prompt = _read_model_and_prompt(body)[1]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return Call(
            server=self._server,
            receive=receive,
            path=scope["path_params"],
            query=parse_qs(scope["query_string"].decode("latin-1")),
            headers=headers,
            origin=f"{scope['scheme']}://{headers.get('host', '')}",
            body=body,
            record=note,
        )

    async def _handle(self, call: Call) -> ApiResponse:
        fault = call.fault = self._fault(call)
        if fault is None:
            return await self._run_handler(call)
        call.record.fault = fault.kind
        await call.pause(fault.delay_seconds)
        if fault.kind not in _SCRIPTED_KINDS:
            return await self._run_handler(call)
        if fault.after_work:
            await self._run_handler(call)
        raise _failure(fault)

    async def _run_handler(self, call: Call) -> ApiResponse:
        _authenticate(self._server.keys, call.headers)
        return await self._route.handler(call)

    def _fault(self, call: Call) -> FaultRule | None:
        if not self._server.faults.rules:
            return None
        model, prompt = _read_model_and_prompt(call.body)
        return self._server.faults.pick(FaultSubject(call.record.method, call.record.path, model, prompt))


def _failure(fault: FaultRule) -> Exception:
    if fault.kind is FaultKind.DROP:
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


async def _send(send: Send, answer: ApiResponse) -> None:
    kind = b"application/x-jsonl" if answer.lines is not None else b"application/json"
    headers = [(b"content-type", kind)]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.lines is None:
        body = _dump(answer.body)
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    async for line in answer.lines:
        await send({"type": "http.response.body", "body": line, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _dump(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
