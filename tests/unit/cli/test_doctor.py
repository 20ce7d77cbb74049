"""``simcrm doctor`` against a small API."""

from typing import Any

import pytest
from unit.cli.conftest import FakeApi, Simcrm

from simcrm_cli.api import ApiAddress, ApiClient
from simcrm_cli.diagnostics_view import DRY_RUN, diagnose

PARTS, START, STANDING = "GET /api/diagnostics", "POST /api/simulations", "GET /api/simulations/sim-1"
SOUND = {"name": "cache", "state": "ok", "found": "a key was written", "remedy": ""}
SCOPES = {"name": "hubspot", "state": "failed", "found": "the token lacks tickets", "remedy": "Grant them."}
NO_KEY = {"name": "model", "state": "warning", "found": "there is no key", "remedy": "Put one."}


def answer(api: FakeApi, *checks: dict[str, str], status: str = "SUCCEEDED", **fields: Any) -> None:
    api.answer(PARTS, {"ok": True, "checks": list(checks)})
    api.answer(START, {"ok": True, "simulationId": "sim-1"}, status=202)
    api.answer(STANDING, {"ok": True, "simulationId": "sim-1", "status": status, **fields})


def test_a_sound_deployment_is_ready(on: Simcrm, api: FakeApi) -> None:
    answer(api, SOUND, NO_KEY)

    outcome = on("doctor")

    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, "Ready for a simulation.")
    assert [request.body for request in api.requests if request.method == "POST"] == [DRY_RUN]
    for line in ("ok      cache: a key was written", "warning model: there is no key", "        Put one."):
        assert line in outcome.out.splitlines()


def test_what_fails_is_named_with_what_to_do_and_ends_with_one(on: Simcrm, api: FakeApi) -> None:
    answer(api, SOUND, SCOPES)

    outcome = on("doctor", "--json")

    assert (outcome.code, outcome.document["ok"]) == (1, False)
    assert [(row["name"], row["state"]) for row in outcome.document["checks"]] == [
        ("api", "ok"),
        ("cache", "ok"),
        ("hubspot", "failed"),
        ("callbacks", "ok"),
    ]
    assert SCOPES in outcome.document["checks"]
    assert on("doctor").out.splitlines()[-1] == "To fix: hubspot."


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [(401, "UNAUTHORIZED", "operatorToken"), (404, "NOT_FOUND", "deploy again"), (500, "INTERNAL_ERROR", "api-errors")],
)
def test_without_an_api_there_is_nothing_else_to_ask(
    on: Simcrm, api: FakeApi, status: int, code: str, remedy: str
) -> None:
    api.answer(PARTS, {"ok": False, "error": {"code": code, "message": "no"}}, status=status)

    outcome = on("doctor", "--json")

    (row,) = outcome.document["checks"]
    assert (outcome.code, row["name"], row["state"], remedy in row["remedy"]) == (1, "api", "failed", True)


def test_a_run_that_fails_says_why(on: Simcrm, api: FakeApi) -> None:
    answer(api, status="FAILED", error={"code": "States.Timeout", "message": "no answer of the writer"})

    row = on("doctor", "--json").document["checks"][-1]

    assert (row["name"], row["state"]) == ("callbacks", "failed")
    assert row["found"] == "sim-1 ended as FAILED: no answer of the writer"
    assert "SendTaskSuccess" in row["remedy"]


def test_a_run_that_does_not_end_is_aborted(api: FakeApi) -> None:
    answer(api, status="RUNNING")
    api.answer("POST /api/simulations/sim-1/abort", {"ok": True}, status=202)

    with ApiClient(ApiAddress(api.url, "token")) as client:
        *_, last = diagnose(client, timeout=0, pause=lambda _: None)

    assert (last.name, last.state, last.found) == ("callbacks", "failed", "sim-1 did not end in 0 s")
    assert api.requests[-1].path.endswith("/abort")
