"""A portal and a model that repeat in their errors whatever they were sent, headers and all."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

MODEL_PATH = "/v1/messages"
WRITE_STATUSES = (500, 400, 503)
"""What the first writes of the portal are answered with; then it works, until it is told to refuse the token."""

MODEL_STATUSES = (500, 400, 401)
CONTACTS = "/contacts/batch/upsert"
"""The first one of these is never taken, so that the portal's words come into the ledger."""

KEY_HEADERS = ("Authorization", "X-Api-Key")


class Echo:
    """Stands before the local HubSpot; ``url`` is its address, ``refuses`` makes it refuse every token."""

    def __init__(self, portal_url: str) -> None:
        self.portal_url = portal_url
        self.refuses = False
        self.echoed: Counter[str] = Counter()
        self.url = ""
        self._seen: Counter[str] = Counter()
        self._refused = ""
        self._lock = threading.Lock()

    def status_for(self, method: str, path: str) -> int | None:
        """The error that a call gets, or None where the portal answers."""
        with self._lock:
            if path == MODEL_PATH:
                self._seen["model"] += 1
                return MODEL_STATUSES[self._seen["model"] % len(MODEL_STATUSES)]
            if self.refuses:
                return 401
            if method == "POST" and "/batch/upsert" in path:
                self._seen["write"] += 1
                if self._seen["write"] <= len(WRITE_STATUSES):
                    return WRITE_STATUSES[self._seen["write"] - 1]
        return None

    def refused_of(self, path: str, document: Any) -> list[Any]:
        """The inputs of a batch that are refused."""
        if not path.endswith(CONTACTS):
            return []
        self._refused = self._refused or document["inputs"][0]["id"]
        return [item for item in document["inputs"] if item["id"] == self._refused]


class _Handler(BaseHTTPRequestHandler):
    echo: Echo

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the server's names

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        status = self.echo.status_for(self.command, path)
        keys = [self.headers[name] for name in KEY_HEADERS if name in self.headers]
        said = f"you sent {keys}, {dict(self.headers)} and {body.decode(errors='replace')}"  # keys before any cut
        if status is None:
            self._let_through(path, body, said)
            return
        self.echo.echoed[f"{'model' if path == MODEL_PATH else 'portal'} {status}"] += 1
        document = {"status": "error", "message": said, "category": "VALIDATION_ERROR", "error": {"message": said}}
        self._send(status, json.dumps(document).encode())

    def _let_through(self, path: str, body: bytes, said: str) -> None:
        """What the portal answers, and of an input that is refused what was sent."""
        document = json.loads(body) if body else {}
        refused = self.echo.refused_of(path, document)
        if refused:
            document["inputs"] = [item for item in document["inputs"] if item not in refused]
            body = json.dumps(document).encode()
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
        answer = httpx2.request(
            self.command, self.echo.portal_url + self.path, content=body, headers=headers, timeout=60
        )
        if not refused:
            self._send(answer.status_code, answer.content)
            return
        traces = [item["objectWriteTraceId"] for item in refused]
        error = {"status": "error", "category": "VALIDATION_ERROR", "message": said}
        errors = [error | {"context": {"objectWriteTraceId": traces}}]
        self._send(207, json.dumps(answer.json() | {"numErrors": 1, "errors": errors}).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def echoing(portal_url: str) -> Iterator[Echo]:
    """Serve on a free port of this machine."""
    echo = Echo(portal_url)
    handler = type("Handler", (_Handler,), {"echo": echo})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        echo.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield echo
        server.shutdown()
