"""What is asked of the emulator once the template is deployed."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simcrm_embedded.deployment import api_url, is_healthy, put_secret, read_outputs
from simcrm_embedded.state import StackState

OUTPUTS = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>simcrm</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>
<StackStatus>CREATE_COMPLETE</StackStatus>{outputs}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
ONE = "<Outputs><member><OutputKey>ApiId</OutputKey><OutputValue>abc</OutputValue></member></Outputs>"


@dataclass
class Emulator:
    url: str
    answer: tuple[int, str] = (200, "{}")
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def state(self) -> StackState:
        return StackState("mark", endpoint=self.url, aws_token="token-of-the-stack")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            fake.requests.append({"path": self.path, "headers": dict(self.headers), "body": body})
            status, text = fake.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815 - the name is the server's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = Emulator(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield fake
        server.shutdown()


@pytest.fixture
def _user_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user who works with a real account."""
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEUSER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-user")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")


@pytest.fixture
def _missing_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-nowhere")


def test_outputs_are_read_by_name(emulator: Emulator) -> None:
    emulator.answer = (200, OUTPUTS.format(outputs=ONE))

    assert read_outputs(emulator.state) == {"ApiId": "abc"}


def test_a_template_without_outputs_has_none(emulator: Emulator) -> None:
    emulator.answer = (200, OUTPUTS.format(outputs=""))

    assert read_outputs(emulator.state) == {}


def test_the_secret_is_one_json_object(emulator: Emulator) -> None:
    put_secret(emulator.state, "arn:secret", {"operatorToken": "a", "bossToken": "b"})

    body = json.loads(emulator.requests[0]["body"])
    assert body["SecretId"] == "arn:secret"
    assert json.loads(body["SecretString"]) == {"operatorToken": "a", "bossToken": "b"}


@pytest.mark.usefixtures("_user_account")
def test_the_users_own_account_stays_out_of_it(emulator: Emulator) -> None:
    put_secret(emulator.state, "arn:secret", {})

    authorization = emulator.requests[0]["headers"]["Authorization"]
    assert "Credential=test/" in authorization
    assert "/us-east-1/" in authorization
    assert "AKIAOFTHEUSER" not in str(emulator.requests)
    assert emulator.requests[0]["headers"]["X-Amz-Security-Token"] == "token-of-the-stack"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_user_is_not_asked_for_the_emulator(
    emulator: Emulator, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for exempt in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(exempt, raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    put_secret(emulator.state, "arn:secret", {})

    assert len(emulator.requests) == 1


@pytest.mark.usefixtures("_missing_profile")
def test_a_profile_that_does_not_exist_is_no_obstacle(emulator: Emulator) -> None:
    put_secret(emulator.state, "arn:secret", {})

    assert len(emulator.requests) == 1


def test_a_refusal_of_the_emulator_is_an_error(emulator: Emulator) -> None:
    emulator.answer = (400, json.dumps({"__type": "ResourceNotFoundException", "message": "no such secret"}))

    with pytest.raises(ClientError, match="no such secret"):
        put_secret(emulator.state, "arn:secret", {})


def test_the_api_is_found_below_the_emulator() -> None:
    url = api_url("http://127.0.0.1:4566", {"ApiId": "abc", "ApiStage": "prod"})

    assert url == "http://127.0.0.1:4566/_aws/execute-api/abc/prod"


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        ((200, '{"ok": true}'), True),
        ((200, '{"ok": false}'), False),
        ((200, "[]"), False),
        ((200, "no json"), False),
        ((503, '{"ok": true}'), False),
    ],
)
def test_an_api_is_healthy_when_it_says_so(emulator: Emulator, answer: tuple[int, str], healthy: bool) -> None:  # noqa: FBT001
    emulator.answer = answer

    assert is_healthy(emulator.url) is healthy
    assert emulator.requests[0]["path"] == "/api/health"


def test_an_api_that_does_not_answer_is_not_healthy() -> None:
    assert not is_healthy("http://127.0.0.1:1")
