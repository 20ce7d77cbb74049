from pathlib import Path

import pytest
from unit.cli.conftest import TOKEN, FakeApi, Simcrm

from simcrm_embedded.state import StackState


@pytest.fixture
def running_stack(api: FakeApi, tmp_path: Path) -> Path:
    state = StackState(mark="m", api_url=api.url, operator_token="of-the-stack")
    state.save(tmp_path / "state.json")
    return tmp_path


def test_without_an_address_the_embedded_stack_is_asked(
    simcrm: Simcrm, api: FakeApi, running_stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(running_stack))
    api.answer("GET /api/simulations", {"ok": True, "simulations": []})

    assert simcrm("list").code == 0
    assert api.requests[0].token == "Bearer of-the-stack"


def test_a_deployed_api_is_asked_instead_when_it_is_named(
    simcrm: Simcrm, api: FakeApi, running_stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(running_stack))
    api.answer("GET /api/simulations", {"ok": True, "simulations": []})

    assert simcrm("list", "--api-url", f"{api.url}/", "--token", TOKEN).code == 0
    assert api.requests[0].token == f"Bearer {TOKEN}"


@pytest.mark.parametrize("half", [["--api-url", "http://127.0.0.1:1"], ["--token", TOKEN]])
def test_half_an_address_is_refused(simcrm: Simcrm, half: list[str]) -> None:
    outcome = simcrm("list", "--json", *half)

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "INCOMPLETE_ADDRESS"


def test_without_any_stack_the_message_says_how_to_get_one(
    simcrm: Simcrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path))

    outcome = simcrm("list")

    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "No stack is running: start one with `simcrm up`, or pass --api-url and --token.\n"


def test_a_stack_that_is_only_starting_has_no_api_yet(
    simcrm: Simcrm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    StackState(mark="m").save(tmp_path / "state.json")
    monkeypatch.setenv("SIMCRM_STATE_DIR", str(tmp_path))

    assert simcrm("list", "--json").document["error"]["code"] == "NO_STACK"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"ok": False, "error": {"code": "UNAUTHORIZED", "message": "Send a valid token."}}, "UNAUTHORIZED"),
        (403, {"message": "Forbidden"}, "HTTP_403"),
        (502, "<html>bad gateway</html>", "API_UNREACHABLE"),
        (200, "[]", "API_UNREACHABLE"),
    ],
    ids=["the API's error", "the gateway's error", "no JSON", "no object"],
)
def test_what_the_api_refuses_is_told_with_its_code(
    on: Simcrm, api: FakeApi, status: int, body: object, code: str
) -> None:
    api.answer("GET /api/simulations", body, status=status)

    outcome = on("list", "--json")

    assert outcome.code == 1
    assert outcome.document["ok"] is False
    assert outcome.document["error"]["code"] == code


def test_the_embedded_stack_is_reached_past_the_users_proxy(
    on: Simcrm, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    api.answer("GET /api/simulations", {"ok": True, "simulations": []})

    assert on("list").code == 0


@pytest.fixture
def _account_behind_an_emulator(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials for an emulator on this machine, and a proxy that answers nothing."""
    settings = {
        "AWS_ENDPOINT_URL": api.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_account_behind_an_emulator")
@pytest.mark.parametrize(
    "command",
    [
        ["export", "sim-1", "--training", "--bucket", "b", "--out", "/dev/null"],
        ["prompt", "list", "--bucket", "b"],
        ["token", "rotate", "--stack-name", "mine"],
        ["deploy", "--yes", "--stack-name", "mine"],
    ],
    ids=lambda command: command[0],
)
def test_an_emulator_is_asked_past_the_users_proxy_and_its_refusal_is_one_line(
    simcrm: Simcrm, api: FakeApi, command: list[str]
) -> None:
    outcome = simcrm(*command)

    assert api.requests
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
