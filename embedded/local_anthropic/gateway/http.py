"""Calls to an endpoint and their responses."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive

from local_anthropic.errors import ApiError, invalid_request
from local_anthropic.gateway.faults import FaultRule
from local_anthropic.gateway.server import Server
from local_anthropic.gateway.stats import CallRecord


class ClientGoneError(Exception):
    """The client closed its connection before the response was ready."""


@dataclass(slots=True)
class Call:
    """One request; ``path`` and ``query`` are its parameters, ``origin`` this server's address as seen by the client.

    ``fault`` is the rule that applies to the call; ``record`` is filled for the journal along the way.
    """

    server: Server
    receive: Receive
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    origin: str
    body: bytes
    record: CallRecord
    fault: FaultRule | None = None

    @property
    def now(self) -> float:
        """The current time in epoch seconds."""
        return self.server.clock()

    def json(self) -> Any:
        """Parse the body; raises :class:`ApiError` (400)."""
        try:
            return json.loads(self.body)
        except ValueError as problem:
            raise invalid_request(f"The request body is not valid JSON: {problem}") from problem

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    async def pause(self, seconds: float) -> None:
        """Wait; raises :class:`ClientGoneError` if the client disconnects."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._wait_for_disconnect(), seconds)
        except TimeoutError:
            return
        raise ClientGoneError

    async def _wait_for_disconnect(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """Response of an endpoint: a JSON value, or ``lines`` of JSON that are streamed."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lines: AsyncIterator[bytes] | None = None


Handler = Callable[[Call], Awaitable[ApiResponse]]


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """Return the body; raises :class:`ApiError` (413) if it has more than ``max_bytes`` bytes."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= max_bytes:
            parts.append(part)
        if not message.get("more_body"):
            break
    if size > max_bytes:
        raise ApiError(413)
    return b"".join(parts)
