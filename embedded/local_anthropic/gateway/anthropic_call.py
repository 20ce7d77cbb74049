"""Calls to an endpoint of the stand-in."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive

from local_anthropic.errors import invalid_request
from local_anthropic.gateway.anthropic_faults import AnthropicFaultRule
from local_anthropic.gateway.anthropic_server import AnthropicServer
from local_anthropic.gateway.call_stats import CallRecord
from local_server.http_calls import ApiRequest, ApiResponse, ClientGoneError


@dataclass(slots=True)
class AnthropicCall:
    """One request; ``origin`` is this server's address as seen by the client.

    ``fault`` is the rule that applies to the call; ``record`` is filled for the journal along the way.
    """

    server: AnthropicServer
    receive: Receive
    request: ApiRequest
    origin: str
    record: CallRecord
    fault: AnthropicFaultRule | None = None

    @property
    def now(self) -> float:
        """The current time in epoch seconds."""
        return self.server.clock()

    def json(self) -> Any:
        """Parse the body; raises :class:`ApiError` (400)."""
        try:
            return json.loads(self.request.body)
        except ValueError as problem:
            raise invalid_request(f"The request body is not valid JSON: {problem}") from problem

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


Handler = Callable[[AnthropicCall], Awaitable[ApiResponse]]
