"""What a guarded server lets through, asked as a browser and as a program would."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from local_server.origin_guard import Admission, Guard, emulator_admission, stand_in_admission, view_key

PORT = 4000
OWN = {"host": f"127.0.0.1:{PORT}"}
NO_SECRET = stand_in_admission("")
PREFLIGHT = {"access-control-request-method": "POST", "origin": "https://evil.example"}


class Inner:
    """An application that reads every body and opens itself to everybody."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope["path"])
        await receive()
        headers = [(b"Access-Control-Allow-Origin", b"*"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"inner"})


class Asked:
    """One request: what was answered, what the application saw, and whether anybody read the body."""

    def __init__(
        self, path: str = "/", headers: Mapping[str, str] = OWN, admits: Admission = NO_SECRET, **scope: Any
    ) -> None:
        self.inner, self.sent, self.has_read = Inner(), list[Any](), False
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        given = {"type": "http", "method": "GET", "path": path, "headers": pairs, "server": ("127.0.0.1", PORT)}
        asyncio.run(Guard(self.inner, admits)({**given, **scope}, self._receive, self._send))

    async def _receive(self) -> Any:
        self.has_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def is_refused(self) -> bool:
        return self.status in {401, 403} and not self.inner.reached and not self.has_read


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4000", "localhost:4000", "LOCALHOST:4000", "[::1]:4000", "host.docker.internal:4000"]
)
def test_this_machine_by_any_of_its_names_is_answered(host: str) -> None:
    assert Asked(headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4000",
        "127.0.0.1.evil.example:4000",
        "localhost.evil.example:4000",
        "bucket.localhost:4000",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:4001",
        "127.0.0.1:4000:4000",
        "10.0.0.1:4000",
        "0.0.0.0:4000",
        "127.1:4000",
        "2130706433:4000",
        "[::1",
        "user@127.0.0.1:4000",
        "",
    ],
)
def test_any_other_name_or_port_is_refused_unread(host: str) -> None:
    asked = Asked(headers={"host": host}, method="POST")

    assert (asked.status, asked.is_refused) == (403, True)


def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    assert Asked(headers={}).is_refused
    assert Asked(headers={**OWN, "Host": "evil.example"}).is_refused
    assert Asked(headers={"Host": "evil.example", **OWN}).is_refused


def test_at_the_standard_port_the_host_may_leave_it_out() -> None:
    assert Asked(headers={"host": "127.0.0.1"}, server=("127.0.0.1", 80)).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:4001", "http://localhost:4000"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT"])
def test_a_page_of_another_origin_is_refused_unread(origin: str, method: str) -> None:
    assert Asked(headers={**OWN, "origin": origin}, method=method).is_refused


def test_a_page_of_the_servers_own_is_answered() -> None:
    assert Asked(headers={**OWN, "origin": "http://127.0.0.1:4000", "sec-fetch-site": "same-origin"}).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("dest", ["image", "script", "empty", "iframe"])
def test_what_a_page_of_another_site_embeds_is_refused_though_it_names_no_origin(site: str, dest: str) -> None:
    assert Asked(
        headers={**OWN, "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": dest}
    ).is_refused


def test_a_link_from_another_site_opens_a_page_and_posts_nothing() -> None:
    link = {**OWN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    assert Asked(headers=link).status == 200
    assert Asked(headers=link, method="POST").is_refused


def test_no_answer_lets_a_page_of_another_origin_read_it() -> None:
    for asked in (Asked(), Asked(headers={**OWN, **PREFLIGHT}, method="OPTIONS")):
        assert not [name for name in asked.headers if name.startswith("access-control-")]
        assert asked.headers["cross-origin-resource-policy"] == "same-origin"
    assert Asked().headers["content-type"] == "text/plain"


def test_a_refusal_says_why_and_closes_the_connection() -> None:
    asked = Asked(headers={"host": "evil.example"})

    assert "Host" in json.loads(asked.sent[1]["body"])["message"]
    assert asked.headers["connection"] == "close"
    assert Asked(headers={"host": "evil.example"}, method="HEAD").sent[1]["body"] == b""


def test_a_refused_websocket_is_closed_before_it_is_open() -> None:
    asked = Asked(headers={**OWN, "origin": "https://evil.example"}, type="websocket")

    assert asked.sent == [{"type": "websocket.close", "code": 1008}]
    assert asked.inner.reached == []


CONTROL = stand_in_admission("control-secret")
VIEW = view_key("control-secret")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_local/reset"),
        ("GET", "/_local/stats"),
        ("PUT", "/_local/tokens"),
        ("GET", "/_local/ui/portal"),
        ("GET", "/_local/ui/records/contacts"),
        ("POST", "/_local/health"),
        ("GET", "/_local/ui/records/a.b"),
    ],
)
def test_a_control_path_needs_the_secret(method: str, path: str) -> None:
    for headers in (OWN, {**OWN, "x-stand-in-secret": "guess"}, {**OWN, "x-stand-in-secret": ""}):
        asked = Asked(path, headers, CONTROL, method=method)
        assert (asked.status, asked.is_refused) == (401, True)
    assert Asked(path, {**OWN, "x-stand-in-secret": "control-secret"}, CONTROL, method=method).status == 200


def test_the_pages_key_reads_what_the_page_shows_and_changes_nothing() -> None:
    key = {**OWN, "x-stand-in-secret": VIEW}

    assert Asked("/_local/ui/records/contacts/1", key, CONTROL).status == 200
    assert Asked("/_local/ui/portal", key, CONTROL, method="POST").is_refused
    assert Asked("/_local/stats", key, CONTROL).is_refused
    assert Asked("/_local/reset", key, CONTROL, method="POST").is_refused


@pytest.mark.parametrize("path", ["/", "/_local/health", "/_local/ui/app.js", "/crm/v3/objects/contacts", "/v1/models"])
def test_pages_health_and_the_api_itself_need_no_secret_of_the_stack(path: str) -> None:
    assert Asked(path, admits=CONTROL).status == 200


def test_a_server_alone_that_was_given_no_secret_has_open_control_paths() -> None:
    assert Asked("/_local/reset", method="POST").status == 200
    assert Asked("/_local/reset", {**OWN, "origin": "https://evil.example"}, method="POST").is_refused


AWS = emulator_admission("token-of-the-stack")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/bucket/key",
        "/2015-03-31/functions",
        "/_ministack/config",
        "/_ministack/health",
        "/_localstack/health",
        "/restapis/abc/prod/_user_request_/api",
        "/_aws/execute-api",
        "/_aws/execute-api/",
        "/_aws/execute-api/abc",
        "/_aws/execute-api/abc/",
        "/_aws/execute-api//prod/api",
        "/_aws/execute-apis/abc/prod",
        "/_ministack/ready/",
    ],
)
def test_the_emulator_answers_who_brings_the_token_of_the_stack(path: str) -> None:
    assert Asked(path, admits=AWS, method="POST").is_refused
    assert Asked(path, {**OWN, "x-amz-security-token": "guess"}, AWS).is_refused
    assert Asked(path, {**OWN, "x-amz-security-token": "token-of-the-stack"}, AWS).status == 200
    assert Asked(path, admits=AWS, query_string=b"a=1&X-Amz-Security-Token=token-of-the-stack").status == 200


@pytest.mark.parametrize("path", ["/_ministack/ready", "/_aws/execute-api/abc/prod/api/health"])
def test_the_api_has_tokens_of_its_own(path: str) -> None:
    assert Asked(path, admits=AWS).status == 200
    assert Asked(path, {**OWN, "origin": "https://evil.example"}, AWS).is_refused


def test_an_emulator_without_a_token_lets_nobody_in() -> None:
    assert Asked("/bucket", {**OWN, "x-amz-security-token": ""}, emulator_admission("")).is_refused
