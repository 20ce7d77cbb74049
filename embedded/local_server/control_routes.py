"""Routes under ``/_local`` that control a server itself: health, counters, reset, faults, settings."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local_server.faults import FaultRules

SettingsT = TypeVar("SettingsT", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


class ControlledServer(Protocol[SettingsT]):
    """What the routes show and change."""

    @property
    def faults(self) -> FaultRules[Any]:
        """The scripted faults."""

    @property
    def settings(self) -> SettingsT:
        """The current settings."""

    def change_settings(self, settings: SettingsT) -> None:
        """Replace the settings."""

    def stats_document(self) -> dict[str, Any]:
        """Return the counters as JSON."""


class ControlRoutes:
    """The routes that every server has; ``reset`` deletes data, counters and faults, and keeps the settings."""

    def __init__(self, server: ControlledServer[Any], reset: Callable[[], None]) -> None:
        self._server = server
        self._reset = reset

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            control_route("GET", "health", self.read_health),
            control_route("GET", "stats", self.read_stats),
            control_route("POST", "reset", self.reset),
            control_route("POST", "faults", self.add_faults),
            control_route("GET", "faults", self.list_faults),
            control_route("DELETE", "faults", self.clear_faults),
            control_route("GET", "settings", self.read_settings),
            control_route("PUT", "settings", self.change_settings),
        ]

    async def read_health(self, _: Request) -> Response:
        """Report that the server is running."""
        return JSONResponse({"ok": True})

    async def read_stats(self, _: Request) -> Response:
        """Return the counters."""
        return JSONResponse(self._server.stats_document())

    async def reset(self, _: Request) -> Response:
        """Delete the data, counters and faults."""
        self._reset()
        return Response(status_code=204)

    async def add_faults(self, request: Request) -> Response:
        """Add the fault rules in the body: one, or a list."""
        self._server.faults.add(await request.json())
        return JSONResponse({"rules": len(self._server.faults)}, status_code=201)

    async def list_faults(self, _: Request) -> Response:
        """List the fault rules that are still active."""
        return JSONResponse({"rules": self._server.faults.to_json()})

    async def clear_faults(self, _: Request) -> Response:
        """Remove all fault rules."""
        self._server.faults.clear()
        return Response(status_code=204)

    async def read_settings(self, _: Request) -> Response:
        """Return the current settings."""
        return JSONResponse(self._server.settings.model_dump(mode="json", by_alias=True))

    async def change_settings(self, request: Request) -> Response:
        """Change the settings in the body."""
        settings = self._server.settings
        present: dict[str, Any] = settings.model_dump(by_alias=True)
        self._server.change_settings(type(settings).model_validate(present | await request.json()))
        return await self.read_settings(request)


def control_route(method: str, name: str, handler: Handler) -> Route:
    """Return a route under ``/_local``; a body that its handler cannot validate leads to a 400."""

    async def respond(request: Request) -> Response:
        try:
            return await handler(request)
        except ValidationError as problem:
            first = problem.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            return JSONResponse({"status": "error", "message": f"{place}: {first['msg']}"}, status_code=400)

    return Route(f"/_local/{name}", respond, methods=[method])
