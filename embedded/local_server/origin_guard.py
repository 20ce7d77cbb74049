"""Who may ask a server on this machine: programs that name it rightly, and pages that it has sent itself.

A page of any site can send requests to the ports of the machine that shows it, and a name of that site may lead here
too. So a request is refused, before its body is read, when it names another host than this machine, when it comes
from a page of another origin, or when what it asks for needs a secret that it does not bring. No answer carries CORS
headers, so no page of another origin could read one.

Nothing but the standard library is imported: the emulator's own interpreter runs this too.
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
"""This machine, and this machine as a container of Docker calls it, which is no name that a site could have."""

_POLICY_VIOLATION = 1008


@dataclass(frozen=True, slots=True)
class Request:
    """A request before its body; names of headers are lower case, ``port`` is the one that it came in by."""

    method: str
    path: str
    query: str
    headers: Mapping[str, list[str]]
    port: int

    def header(self, name: str) -> str:
        """A header's first value, empty without one."""
        return next(iter(self.headers.get(name, ())), "")


Admission = Callable[[Request], bool]
"""Whether a request may have what it asks for."""


class Guard:
    """An ASGI application in front of another one, which sees only what is let through."""

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
    """Why a request seems to come from a page of somebody else; nothing where it does not.

    Following a link to a page is no reason: it shows the page to its user and to nobody else.
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
    """Whether a secret is the expected one, in constant time; without an expected one there is no right one."""
    return bool(expected) and hmac.compare_digest(presented.encode(), expected.encode())


def view_key(secret: str) -> str:
    """What lets a page of the server read, and change nothing; it tells nobody the secret."""
    return hmac.new(secret.encode(), b"view", hashlib.sha256).hexdigest()[:32] if secret else ""


def stand_in_admission(secret: str) -> Admission:
    """For servers with control paths: these need the secret, or are open to this machine where there is none."""
    view = view_key(secret)

    def admits(request: Request) -> bool:
        if not secret or not request.path.startswith(_CONTROL) or _is_public(request):
            return True
        presented = request.header(SECRET_HEADER)
        reads_the_page = request.method == "GET" and request.path.startswith(_PAGE_DATA)
        return has_secret(presented, secret) or (reads_the_page and has_secret(presented, view))

    return admits


def emulator_admission(token: str) -> Admission:
    """For the emulated AWS: the session token of its credentials, but for the API, which has tokens of its own."""

    def admits(request: Request) -> bool:
        if request.path == _READY or _asks_the_api(request.path):
            return True
        query = {name.lower(): values for name, values in parse_qs(request.query).items()}
        return has_secret(request.header(AWS_TOKEN) or query.get(AWS_TOKEN, [""])[0], token)

    return admits


def _asks_the_api(path: str) -> bool:
    """Whether API Gateway answers: with less than an API and a stage the emulator would look for another service."""
    api, _, stage = path.removeprefix(_API).partition("/")
    return path.startswith(_API) and api.isalnum() and bool(stage.partition("/")[0])


def _is_public(request: Request) -> bool:
    """Whether it is asked that the server runs, or for a file of its page; a file's name has an ending."""
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
    """Name and port of a Host header; an address of IPv6 stands in brackets."""
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
    """Take away what would let a page of another origin read the answer, whoever has put it there."""

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
        (b"connection", b"close"),  # what is left of the request is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
