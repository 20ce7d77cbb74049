"""Endpoints under ``/_local`` that control the server itself: faults, tokens, settings, counters, reset."""

from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local_hubspot.gateway.endpoint import Server
from local_hubspot.gateway.faults import FaultRule
from local_hubspot.portal.settings import Settings

_RULES = TypeAdapter(list[FaultRule])
_TOKENS: TypeAdapter[dict[str, frozenset[str] | None]] = TypeAdapter(dict[str, frozenset[str] | None])


class ControlRoutes:
    """Control endpoints of one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/_local/health", self.health, methods=["GET"]),
            Route("/_local/stats", self.stats, methods=["GET"]),
            Route("/_local/reset", self.reset, methods=["POST"]),
            Route("/_local/faults", self.add_faults, methods=["POST"]),
            Route("/_local/faults", self.list_faults, methods=["GET"]),
            Route("/_local/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_local/tokens", self.change_tokens, methods=["PUT"]),
            Route("/_local/settings", self.read_settings, methods=["GET"]),
            Route("/_local/settings", self.change_settings, methods=["PUT"]),
        ]

    async def health(self, _: Request) -> Response:
        """Report that the server is running."""
        return JSONResponse({"ok": True})

    async def stats(self, _: Request) -> Response:
        """Return request counters and the number of objects in the portal."""
        portal = self._server.portal
        record_counts = {plural: len(store.live) for plural, store in portal.stores.items()}
        archived = {plural: len(store.archived) for plural, store in portal.stores.items()}
        counts = {"objects": record_counts, "archived": archived, "associations": portal.associations.pairs}
        return JSONResponse(self._server.stats.to_json() | counts)

    async def reset(self, _: Request) -> Response:
        """Empty the portal."""
        self._server.reset()
        return Response(status_code=204)

    async def add_faults(self, request: Request) -> Response:
        """Add the fault rules in the body: one, or a list."""
        body = await request.json()
        try:
            rules = _RULES.validate_python(body if isinstance(body, list) else [body])
        except ValidationError as problem:
            return _validation_error(problem)
        self._server.faults.rules += rules
        return JSONResponse({"rules": len(self._server.faults.rules)}, status_code=201)

    async def list_faults(self, _: Request) -> Response:
        """List the fault rules that are still active."""
        return JSONResponse({"rules": _RULES.dump_python(self._server.faults.rules, mode="json", by_alias=True)})

    async def clear_faults(self, _: Request) -> Response:
        """Remove all fault rules."""
        self._server.faults.rules.clear()
        return Response(status_code=204)

    async def change_tokens(self, request: Request) -> Response:
        """Replace the accepted tokens by those in the body, each with its scopes, or null for all scopes."""
        try:
            self._server.tokens = _TOKENS.validate_python(await request.json())
        except ValidationError as problem:
            return _validation_error(problem)
        return Response(status_code=204)

    async def read_settings(self, _: Request) -> Response:
        """Return the current settings."""
        return JSONResponse(self._server.portal.settings.model_dump(mode="json", by_alias=True))

    async def change_settings(self, request: Request) -> Response:
        """Change the settings in the body."""
        present: dict[str, Any] = self._server.portal.settings.model_dump(by_alias=True)
        try:
            self._server.portal.settings = Settings.model_validate(present | await request.json())
        except ValidationError as problem:
            return _validation_error(problem)
        return await self.read_settings(request)


def _validation_error(problem: ValidationError) -> Response:
    first = problem.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return JSONResponse({"status": "error", "message": f"{place}: {first['msg']}"}, status_code=400)
