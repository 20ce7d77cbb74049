"""Access control for servers on this machine: they accept programs that name the right host, and their own pages.

A page of any site can send requests to the ports of the machine that shows it, and a name of that site may resolve to
this machine. So a request is refused, before its body is read, if it names a host other than this machine, if it comes
from a page of another origin, or if it lacks the secret that it needs. No response carries CORS headers, so no page of
another origin could read one.

Only the standard library is imported, because the emulator's own interpreter runs this too.
"""

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECRET_HEADER = "x-stand-in-secret"  # noqa: S105 - the name of a header
AWS_TOKEN = "x-amz-security-token"  # noqa: S105 - the name of a header, and of a parameter of signed URLs
FORBIDDEN, UNAUTHORIZED = 403, 401
_CONTROL, _PAGE_DATA = "/_local/", "/_local/ui/"
_API, _READY = "/_aws/execute-api/", "/_ministack/ready"
_OTHER_SITES = {"cross-site", "same-site"}
_HTTP_PORT = 80
_NAMES = {"localhost", "host.docker.internal"}
"""Names of this machine, as used locally and in Docker containers; no site can have either name."""

_POLICY_VIOLATION = 1008


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its body; header names are lower case, and ``port`` is the port that received it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, list[str]]
    port: int

    def header(self, name: str) -> str:
        """Return a header's first value, or an empty string."""
        return next(iter(self.headers.get(name, ())), "")


Admission = Callable[[Request], bool]
"""Whether a request is allowed."""


class Guard:
    """An ASGI application in front of another one, which sees only the requests that are let through."""

    def __init__(self, app: Application, admits: Admission) -> None:
        self._app = app
        self._admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it without reading its body."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request = _request(scope)
        if (reason := foreign_reason(request)) is not None:
            await _refuse(scope, receive, send, FORBIDDEN, reason)
        elif not self._admits(request):
            reason = "This needs the secret of the stack that the server belongs to."
            await _refuse(scope, receive, send, UNAUTHORIZED, reason)
        else:
            await self._app(scope, receive, _without_cors(send))


def foreign_reason(request: Request) -> str | None:
    """Return why a request seems to come from another site's page, or None.

    Following a link to a page is allowed: it shows the page to its user and to nobody else.
    """
    hosts = request.headers.get("host", [])
    if len(hosts) != 1 or not _is_this_machine(hosts[0], request.port):
        return "The header Host does not name this machine and this port."
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in request.headers.get("origin", [])):
        return "Pages of another origin are not answered."
    if request.header("sec-fetch-site") in _OTHER_SITES and not _is_page_navigation(request):
        return "Pages of another site are not answered."
    return None


def has_secret(presented: str, expected: str) -> bool:
    """Compare secrets in constant time; if no secret is expected, none is right."""
    return bool(expected) and hmac.compare_digest(presented.encode(), expected.encode())


def view_key(secret: str) -> str:
    """Return a key that lets the server's page read but not change anything; it does not reveal the secret."""
    return hmac.new(secret.encode(), b"view", hashlib.sha256).hexdigest()[:32] if secret else ""


def stand_in_admission(secret: str) -> Admission:
    """Return an admission that requires the secret for control paths, which are open to this machine without one."""
    view = view_key(secret)

    def admits(request: Request) -> bool:
        if not secret or not request.path.startswith(_CONTROL) or _is_public(request):
            return True
        presented = request.header(SECRET_HEADER)
        reads_the_page = request.method == "GET" and request.path.startswith(_PAGE_DATA)
        return has_secret(presented, secret) or (reads_the_page and has_secret(presented, view))

    return admits


def emulator_admission(token: str) -> Admission:
    """Return an admission that requires the emulator's session token, except for the API with tokens of its own."""

    def admits(request: Request) -> bool:
        if request.path == _READY or _asks_the_api(request.path):
            return True
        query = {name.lower(): values for name, values in parse_qs(request.query).items()}
        return has_secret(request.header(AWS_TOKEN) or query.get(AWS_TOKEN, [""])[0], token)

    return admits


def _asks_the_api(path: str) -> bool:
    """Whether API Gateway handles the path: without an API and a stage, the emulator would try another service."""
    api, _, stage = path.removeprefix(_API).partition("/")
    return path.startswith(_API) and api.isalnum() and bool(stage.partition("/")[0])


def _is_public(request: Request) -> bool:
    """Whether it is a health check, or a file of the server's page; file names have an extension."""
    rest = request.path.removeprefix(_PAGE_DATA)
    is_file = request.path != rest and "/" not in rest and "." in rest
    return request.method in {"GET", "HEAD"} and (is_file or request.path == f"{_CONTROL}health")


def _is_this_machine(host: str, port: int) -> bool:
    name, given_port = _split(host.lower())
    if given_port != str(port) and (given_port or port != _HTTP_PORT):
        return False
    try:
        return name in _NAMES or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _split(host: str) -> tuple[str, str]:
    """Return the name and port of a Host header; an IPv6 address is in brackets."""
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def _is_page_navigation(request: Request) -> bool:
    mode, target = request.header("sec-fetch-mode"), request.header("sec-fetch-dest")
    return (request.method, mode, target) == ("GET", "navigate", "document")


def _request(scope: Scope) -> Request:
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    port = (scope.get("server") or ("", 0))[1]
    query = scope.get("query_string", b"").decode("latin-1")
    return Request(scope.get("method", "GET"), scope["path"], query, headers, port)


def _without_cors(send: Send) -> Send:
    """Remove headers that would let a page of another origin read the response, whoever set them."""

    async def send_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                item for item in message.get("headers", []) if not item[0].lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": [*headers, (b"cross-origin-resource-policy", b"same-origin")]}
        await send(message)

    return send_private


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    body = json.dumps({"status": "error", "__type": "AccessDeniedException", "message": reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"connection", b"close"),  # the rest of the request is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
