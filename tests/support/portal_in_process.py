"""The local HubSpot as a function from request to response: its application without a server, a loop or a socket."""

import time
from collections.abc import Callable, MutableMapping
from typing import Any

import httpx2
from starlette.types import ASGIApp

from local_hubspot.app import create_app
from local_hubspot.gateway.scopes import Tokens
from local_hubspot.portal.portal_settings import PortalSettings
from local_server.serving import ConnectionDroppedError
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient

URL = "http://portal.test"
TOKEN = "token-of-the-portal"
VERSION = "2026-09"

Respond = Callable[[httpx2.Request], httpx2.Response]


class LocalPortal:
    """A portal of one test.

    ``calls`` are the (method, path) pairs that a client under test has sent to it. ``intercept`` sees each of its
    requests first; where it returns an answer, the portal does not.
    """

    def __init__(self, tokens: Tokens | None = None, clock: Callable[[], float] = time.time, **settings: Any) -> None:
        self._app = create_app(PortalSettings(**settings), tokens, clock)
        self._control = _http(self._respond, TOKEN)
        self.calls: list[tuple[str, str]] = []
        self.intercept: Callable[[httpx2.Request], httpx2.Response | None] = lambda _: None

    def http(self, token: str = TOKEN) -> httpx2.Client:
        """A connection to the portal."""
        return _http(self._count_and_respond, token)

    def client(self, token: str = TOKEN, version: str = VERSION) -> HubSpotClient:
        """The client under test, connected to the portal."""
        return HubSpotClient(self.http(token), ApiPaths(version))

    def fault(self, **rule: Any) -> None:
        """Script a fault by the names of the local HubSpot's rules."""
        self._control.post("/_local/faults", json=rule).raise_for_status()

    def count(self, kind: str) -> int:
        """How many records of a type the portal holds."""
        return int(self._control.get("/_local/stats").json()["objects"][kind])

    def records(self, kind: str, *names: str) -> list[dict[str, str | None]]:
        """All records of a type with the named properties and ``id``."""
        found: list[dict[str, str | None]] = []
        query: dict[str, str] = {"limit": "100", "properties": ",".join(names)}
        while True:
            page = self._control.get(f"/crm/v3/objects/{kind}", params=query).raise_for_status().json()
            rows = [row["properties"] | {"id": row["id"]} for row in page["results"]]
            found += [{name: row.get(name) for name in ("id", *names)} for row in rows]
            if "paging" not in page:
                return found
            query["after"] = page["paging"]["next"]["after"]

    def by_key(self, kind: str, *names: str) -> dict[str | None, dict[str, str | None]]:
        """The records of a type by their record key."""
        return {row["simcrm_record_key"]: row for row in self.records(kind, "simcrm_record_key", *names)}

    def associated_ids(self, kind: str, record_id: str | None, to_kind: str) -> dict[str, set[int]]:
        """The association type ids of a record's links to another type, by the other record's id."""
        path = f"/crm/v4/objects/{kind}/{record_id}/associations/{to_kind}"
        rows = self._control.get(path).raise_for_status().json()["results"]
        return {str(row["toObjectId"]): {kind["typeId"] for kind in row["associationTypes"]} for row in rows}

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Call the portal's API past the client under test."""
        answer = self._control.request(method, path, json=body).raise_for_status()
        return answer.json() if answer.content else None

    def replay(self, method: str, path: str, body: Any) -> None:
        """Send a request of earlier times again; a refusal of then is one now."""
        self._control.request(method, path, json=body)

    def _count_and_respond(self, request: httpx2.Request) -> httpx2.Response:
        self.calls.append((request.method, request.url.path))
        return self.intercept(request) or self._respond(request)

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return _run(self._app, request)
        except ConnectionDroppedError as error:
            raise httpx2.RemoteProtocolError("the portal dropped the connection") from error


def _http(respond: Respond, token: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=URL, headers=headers, transport=httpx2.MockTransport(respond))


def _run(app: ASGIApp, request: httpx2.Request) -> httpx2.Response:
    """One call of the application, which never waits for anything but its request."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": request.read(), "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def call() -> None:
        await app(_scope(request), receive, send)

    try:
        call().send(None)
    except StopIteration:
        start, *parts = sent
        body = b"".join(part.get("body", b"") for part in parts)
        return httpx2.Response(start["status"], headers=start["headers"], content=body)
    raise RuntimeError("the application waits for an event loop")


def _scope(request: httpx2.Request) -> MutableMapping[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "root_path": "",
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
