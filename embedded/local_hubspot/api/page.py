"""The page that shows the records, and the JSON that it reads."""

from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local_hubspot.gateway.portal_server import PortalServer
from local_hubspot.portal.errors import HubSpotError
from local_hubspot.portal.object_types import ObjectSchema, find_object_type
from local_hubspot.portal.page_data import TableQuery, portal_overview, record_detail, table_page

_FILES = {
    "index.html": "text/html",
    "style.css": "text/css",
    "app.js": "text/javascript",
    "dom.js": "text/javascript",
    "record.js": "text/javascript",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_MAX_ROWS = 200


class PortalPage:
    """The page of one portal."""

    def __init__(self, server: PortalServer) -> None:
        self._server = server
        folder = files("local_hubspot") / "page"
        self._files = {name: (folder / name).read_bytes() for name in _FILES}

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/", self.file, methods=["GET"]),
            Route("/_local/ui/portal", self.portal, methods=["GET"]),
            Route("/_local/ui/records/{objectType}", self.table, methods=["GET"]),
            Route("/_local/ui/records/{objectType}/{objectId}", self.record, methods=["GET"]),
            Route("/_local/ui/{name}", self.file, methods=["GET"]),
        ]

    async def file(self, request: Request) -> Response:
        """Return the page, its style sheet or a script."""
        name = request.path_params.get("name", "index.html")
        if name not in self._files:
            return _not_found()
        return Response(self._files[name], media_type=_FILES[name], headers=_HEADERS)

    async def portal(self, _: Request) -> Response:
        """Return details of the portal and its number of objects."""
        return JSONResponse(portal_overview(self._server.portal))

    async def table(self, request: Request) -> Response:
        """Return one page of an object type's records."""
        kind = _kind(request)
        if kind is None:
            return _not_found()
        return JSONResponse(table_page(self._server.portal, kind, _query(request.query_params)))

    async def record(self, request: Request) -> Response:
        """Return one record with its associations and timeline."""
        kind = _kind(request)
        portal = self._server.portal
        record = portal.store(kind).live.get(request.path_params["objectId"]) if kind else None
        if kind is None or record is None:
            return _not_found()
        return JSONResponse(record_detail(portal, kind, record))


def _kind(request: Request) -> ObjectSchema | None:
    try:
        return find_object_type(request.path_params["objectType"])
    except HubSpotError:
        return None


def _query(parameters: Mapping[str, str]) -> TableQuery:
    sort = parameters.get("sort", "")
    return TableQuery(
        text=parameters.get("q", ""),
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        offset=_parse_int(parameters.get("offset"), 0),
        limit=min(_parse_int(parameters.get("limit"), 25), _MAX_ROWS),
    )


def _parse_int(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default


def _not_found() -> Response:
    return JSONResponse({"status": "error", "message": "not found"}, status_code=404)
