"""Requests to an API and its responses, read from and sent over ASGI."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from local_server.serving import ConnectionDroppedError, drop_connection

CONNECTION_DROPPED, CLIENT_CLOSED = 0, 499
"""What is counted as the status of calls without a response."""


class ClientGoneError(Exception):
    """The client closed its connection before the response was ready."""


class BodyTooLargeError(Exception):
    """A body has more bytes than are allowed."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request; ``path`` has the parameters of the path, ``query`` all values of each parameter.

    Header names are lower case.
    """

    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def from_scope(cls, scope: Scope, body: bytes) -> "ApiRequest":
        """Read the request of a routed ASGI call."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return cls(scope["path_params"], parse_qs(scope["query_string"].decode("latin-1")), headers, body)

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A response with a JSON value (none if ``body`` is None), or with ``lines`` of JSON that are streamed."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lines: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """The content type of a server's JSON, and whether it escapes non-ASCII characters."""

    content_type: str = "application/json"
    escapes: bool = False

    def dump(self, value: Any) -> bytes:
        """Return a JSON value without spaces; nothing for None."""
        if value is None:
            return b""
        return json.dumps(value, separators=(",", ":"), ensure_ascii=self.escapes).encode()


async def read_body(receive: Receive, max_bytes: int | None = None) -> bytes:
    """Return the body of a call.

    Raises:
        BodyTooLargeError: it has more than ``max_bytes`` bytes; it was read to its end, but not stored.
    """
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        is_too_large = max_bytes is not None and size > max_bytes
        if not is_too_large:
            parts.append(part)
        if not message.get("more_body"):
            break
    if is_too_large:
        raise BodyTooLargeError
    return b"".join(parts)


async def serve_call(
    scope: Scope,
    receive: Receive,
    send: Send,
    answer: Awaitable[ApiResponse],
    *,
    count: Callable[[int], None],
    json_format: JsonFormat,
) -> None:
    """Wait for the answer to a call, count it by its status, and send it.

    An answer that raises ConnectionDroppedError closes the connection; after ClientGoneError nothing is sent.
    """
    try:
        response = await answer
    except ConnectionDroppedError:
        count(CONNECTION_DROPPED)
        await drop_connection(scope, receive)
    except ClientGoneError:
        count(CLIENT_CLOSED)
    else:
        count(response.status)
        await _send_response(send, response, json_format)


async def _send_response(send: Send, response: ApiResponse, json_format: JsonFormat) -> None:
    body = json_format.dump(response.body)
    content_type = json_format.content_type if response.lines is None else "application/x-jsonl"
    headers = {"content-type": content_type, **response.headers}
    if response.lines is None and response.status != HTTPStatus.NO_CONTENT:
        headers["content-length"] = str(len(body))
    rows = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": rows})
    if response.lines is not None:
        async for line in response.lines:
            await send({"type": "http.response.body", "body": line, "more_body": True})
    await send({"type": "http.response.body", "body": body})
