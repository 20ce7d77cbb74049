"""One endpoint as an ASGI application: key, fault, handler, counters, in this order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from local_anthropic.errors import ApiError, invalid, new_id
from local_anthropic.gateway.faults import FaultRule, Kind, Subject
from local_anthropic.gateway.http import Answer, Call, ClientGoneError, Handler, read
from local_anthropic.gateway.server import Server
from local_anthropic.gateway.stats import CallNote
from local_server.serving import ConnectionDroppedError, drop

LEFT = 499
_SCRIPTED = {Kind.STATUS, Kind.DROP}


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint's place; ``is_batch`` says that it may have the size of a batch."""

    method: str
    template: str
    handler: Handler
    is_batch: bool = False


class Endpoint:
    """Answers the calls of one route."""

    def __init__(self, server: Server, route: Route) -> None:
        self._server = server
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, as ASGI has it."""
        server, route = self._server, self._route
        note = CallNote(server.clock(), route.method, scope["path"])
        with server.stats.flight():
            try:
                answer = await self._answer(scope, receive, note)
            except ConnectionDroppedError:
                await self._end(note, 0)
                await drop(scope, receive)
                return
            except ClientGoneError:
                await self._end(note, LEFT)
                return
            await self._end(note, answer.status)
            await _send(send, answer)

    async def _end(self, note: CallNote, status: int) -> None:
        note.status = status
        note.seconds = round(self._server.clock() - note.at, 6)
        self._server.stats.note(self._route.template, note)

    async def _answer(self, scope: Scope, receive: Receive, note: CallNote) -> Answer:
        request_id = new_id("req")
        try:
            answer = await self._handled(await self._call(scope, receive, note))
        except ApiError as error:
            answer = Answer(error.status, error.body(request_id), error.headers)
        return Answer(answer.status, answer.body, {"request-id": request_id, **answer.headers}, answer.lines)

    async def _call(self, scope: Scope, receive: Receive, note: CallNote) -> Call:
        settings = self._server.settings
        body = await read(receive, settings.max_batch_bytes if self._route.is_batch else settings.max_message_bytes)
        note.received_bytes = len(body)
        if settings.keep_prompts:
            note.prompt = _asked(body)[1]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return Call(
            server=self._server,
            receive=receive,
            path=scope["path_params"],
            query=parse_qs(scope["query_string"].decode("latin-1")),
            headers=headers,
            origin=f"{scope['scheme']}://{headers.get('host', '')}",
            body=body,
            note=note,
        )

    async def _handled(self, call: Call) -> Answer:
        fault = call.fault = self._fault(call)
        if fault is None:
            return await self._carried_out(call)
        call.note.fault = fault.kind
        await call.pause(fault.delay_seconds)
        if fault.kind not in _SCRIPTED:
            return await self._carried_out(call)
        if fault.after_work:
            await self._carried_out(call)
        raise _failure(fault)

    async def _carried_out(self, call: Call) -> Answer:
        _authenticate(self._server.keys, call.headers)
        return await self._route.handler(call)

    def _fault(self, call: Call) -> FaultRule | None:
        if not self._server.faults.rules:
            return None
        model, prompt = _asked(call.body)
        return self._server.faults.pick(Subject(call.note.method, call.note.path, model, prompt))


def _failure(fault: FaultRule) -> Exception:
    if fault.kind is Kind.DROP:
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
        raise invalid("anthropic-version: header is required")


def _asked(body: bytes) -> tuple[str, str]:
    """Read model and last message out of a body that nobody has checked."""
    try:
        asked = json.loads(body or b"{}")
        content = asked["messages"][-1]["content"]
    except (ValueError, LookupError, TypeError):
        return "", ""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return str(asked.get("model", "")), text


async def _send(send: Send, answer: Answer) -> None:
    kind = b"application/x-jsonl" if answer.lines is not None else b"application/json"
    headers = [(b"content-type", kind)]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.lines is None:
        body = _dumped(answer.body)
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    async for line in answer.lines:
        await send({"type": "http.response.body", "body": line, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _dumped(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
