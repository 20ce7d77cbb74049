import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simcrm_embedded import loopback
from simcrm_embedded.loopback import get_json


@pytest.fixture
def url() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = {"/ready": (200, '{"ready": true}'), "/text": (200, "ready")}.get(self.path, (500, "{}"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_successful_answer_is_read_as_json(url: str) -> None:
    assert get_json(f"{url}/ready", timeout=5) == {"ready": True}


@pytest.mark.parametrize("path", ["/text", "/broken"])
def test_any_other_answer_is_none(url: str, path: str) -> None:
    assert get_json(url + path, timeout=5) is None


def test_no_answer_is_none() -> None:
    assert get_json("http://127.0.0.1:1/ready", timeout=5) is None


def test_a_proxy_of_the_user_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    loopback._client.cache_clear()

    assert get_json(f"{url}/ready", timeout=5) == {"ready": True}
