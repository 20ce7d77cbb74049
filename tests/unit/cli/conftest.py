"""A small API that answers as it is told, and the command line as a function."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from moto import mock_aws
from unit.cli.account import KEY_VARIABLES, Account, mend_labels

from simcrm_cli import main
from simcrm_cli.deploy import aws_account as account_module
from simcrm_cli.deploy import sam
from simcrm_cli.deploy.deployed_stack import DeployedStack

TOKEN = "operator-token"


@dataclass
class Request:
    method: str
    path: str
    token: str | None
    body: Any


@dataclass
class FakeApi:
    """``answers`` holds (status, JSON or text) by "METHOD path"; the last of a list is repeated."""

    url: str
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def answer(self, route: str, *documents: Any, status: int = 200) -> None:
        self.answers.setdefault(route, []).extend((status, document) for document in documents)

    def next_answer(self, route: str) -> tuple[int, Any]:
        waiting = self.answers.get(route, [(404, {"ok": False, "error": {"code": "NOT_FOUND", "message": route}})])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed


Simcrm = Callable[..., Outcome]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            sent = self.rfile.read(length) if length else b"null"
            body = sent.decode() if self.headers.get_content_type().endswith("urlencoded") else json.loads(sent)
            fake.requests.append(Request(self.command, self.path, self.headers.get("Authorization"), body))
            status, document = fake.next_answer(f"{self.command} {self.path}")
            data = document.encode() if isinstance(document, str) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815 - the name is the server's
        do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = FakeApi(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield fake
        server.shutdown()


@pytest.fixture
def simcrm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Simcrm:
    """Run the command line in this process."""
    for name in ("SIMCRM_API_URL", "SIMCRM_API_TOKEN", "SIMCRM_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = main.run(list(arguments))
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def on(api: FakeApi, monkeypatch: pytest.MonkeyPatch, simcrm: Simcrm) -> Simcrm:
    """Run the command line against the small API."""
    monkeypatch.setenv("SIMCRM_API_URL", api.url)
    monkeypatch.setenv("SIMCRM_API_TOKEN", TOKEN)
    return simcrm


@pytest.fixture
def account(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    api.answer("GET /api/health", {"ok": True})
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", *KEY_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    made = Account(api.url)
    monkeypatch.setattr(sam, "run", made.run)
    monkeypatch.setattr(DeployedStack, "_cloudformation", made)
    monkeypatch.setattr(account_module, "aws_client", lambda _service, _region: made)
    mend_labels(monkeypatch)
    with mock_aws():
        yield made
