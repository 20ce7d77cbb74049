"""``cleanup``, ``resume`` and ``export`` against a small API."""

import json
from pathlib import Path
from typing import Any

import pytest
from unit.cli.conftest import FakeApi, Simcrm

from simcrm_cli import cleanup_route

SIMULATION = "GET /api/simulations/sim-1"
CLEANUP = "POST /api/simulations/sim-1/cleanup"
RECORDS = "GET /api/simulations/sim-1/records?format="
SHOWN = {
    "ok": True,
    "simulationId": "sim-1",
    "dryRun": True,
    "counts": {"contacts": 1200},
    "total": 1200,
    "samples": {"contacts": [{"key": "sim-1:contact:0", "id": "7"}]},
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup_route, "POLL_SECONDS", 0)
    monkeypatch.delenv("SIMCRM_HUBSPOT_TOKEN", raising=False)


def test_a_clean_up_shows_what_it_would_take_and_takes_nothing(on: Simcrm, api: FakeApi) -> None:
    api.answer(CLEANUP, SHOWN)

    outcome = on("cleanup", "sim-1")

    assert outcome.code == 0
    assert "1,200" in outcome.out
    assert "simcrm cleanup sim-1 --yes" in " ".join(outcome.out.split())
    assert [request.body for request in api.requests] == [{"dryRun": True}]


def test_with_yes_it_takes_them_and_waits_for_the_end(on: Simcrm, api: FakeApi) -> None:
    api.answer(CLEANUP, {**SHOWN, "dryRun": False, "job": "cleanup-2"}, status=202)
    progress: list[dict[str, Any]] = [
        {},
        {"cleanup": {"done": True, "job": "cleanup-1", "archived": {"contacts": 7}}},
        {"cleanup": {"done": False, "job": "cleanup-2"}},
        {"cleanup": {"done": True, "job": "cleanup-2", "archived": {}}},
    ]
    api.answer(SIMULATION, *progress)

    outcome = on("cleanup", "sim-1", "--yes", "--json")

    assert outcome.document["cleanup"] == {"done": True, "job": "cleanup-2", "archived": {}}
    assert api.requests[0].body == {"dryRun": False}
    assert len(api.requests) == 5


def test_what_was_taken_back_before_is_no_failure(on: Simcrm, api: FakeApi) -> None:
    api.answer(CLEANUP, {**SHOWN, "takenBack": True, "total": 0, "counts": {}, "samples": {}})

    shown, begun = on("cleanup", "sim-1"), on("cleanup", "sim-1", "--yes")

    assert (shown.code, begun.code) == (0, 0)
    assert "already been cleaned up" in shown.out
    assert "already been cleaned up" in begun.out
    assert len(api.requests) == 2


def test_what_stays_in_the_portal_is_said(on: Simcrm, api: FakeApi) -> None:
    api.answer(CLEANUP, {**SHOWN, "dryRun": False, "job": "cleanup-1"}, status=202)
    api.answer(SIMULATION, {"cleanup": {"done": True, "job": "cleanup-1", "archived": {"contacts": 7}, "foreign": 2}})

    assert "2 records remain" in on("cleanup", "sim-1", "--yes").out


def test_all_of_a_stack_is_what_has_ended_and_was_not_taken_back(on: Simcrm, api: FakeApi) -> None:
    rows = [("sim-1", "SUCCEEDED", False), ("sim-2", "RUNNING", False), ("sim-3", "FAILED", True)]
    listed = [{"simulationId": name, "status": status, "takenBack": taken} for name, status, taken in rows]
    api.answer("GET /api/simulations", {"simulations": listed})
    api.answer(CLEANUP, SHOWN)

    outcome = on("cleanup", "--all", "--json")

    assert [row["simulationId"] for row in outcome.document["simulations"]] == ["sim-1"]
    assert outcome.document["total"] == 1200


def test_a_clean_up_that_takes_too_long_is_said(on: Simcrm, api: FakeApi) -> None:
    api.answer(CLEANUP, {**SHOWN, "dryRun": False, "job": "cleanup-1"}, status=202)
    api.answer(SIMULATION, {})

    assert on("cleanup", "sim-1", "--yes", "--timeout", "1").code == 1


@pytest.mark.parametrize(
    ("action", "said"), [("continue", "simcrm watch sim-1"), ("repair", "simcrm export sim-1"), ("nothing", "nothing")]
)
def test_resume_says_what_it_does(on: Simcrm, api: FakeApi, action: str, said: str) -> None:
    api.answer("POST /api/simulations/sim-1/resume", {"ok": True, "action": action}, status=202)

    outcome = on("resume", "sim-1")

    assert outcome.code == 0
    assert said in outcome.out


def test_an_export_is_written_to_standard_output_or_to_a_file(on: Simcrm, api: FakeApi, tmp_path: Path) -> None:
    api.answer(f"{RECORDS}jsonl", '{"key":"a"}\n')
    api.answer(f"{RECORDS}csv", "key\na\n")
    target = tmp_path / "out.csv"

    printed = on("export", "sim-1")
    written = on("export", "sim-1", "--format", "csv", "--out", str(target), "--json")

    assert printed.out == '{"key":"a"}\n'
    assert target.read_text() == "key\na\n"
    assert written.document == {"ok": True, "simulationId": "sim-1", "file": str(target), "characters": 6}


def test_a_refusal_of_the_api_is_told(on: Simcrm, api: FakeApi) -> None:
    error = {"ok": False, "error": {"code": "NOT_FOUND", "message": "There is no simulation sim-1."}}
    api.answer(f"{RECORDS}jsonl", error, status=404)

    outcome = on("export", "sim-1")

    assert (outcome.code, outcome.err) == (1, "There is no simulation sim-1.\n")


def test_json_of_an_export_needs_a_file(on: Simcrm) -> None:
    outcome = on("export", "sim-1", "--json")

    assert outcome.code == 2
    assert json.loads(outcome.out)["error"]["code"] == "USAGE"


def test_an_abort_says_how_to_take_back_what_was_written(on: Simcrm, api: FakeApi) -> None:
    api.answer(
        "POST /api/simulations/sim-1/abort", {"ok": True, "simulationId": "sim-1", "status": "ABORTED"}, status=202
    )

    outcome = on("abort", "sim-1")

    assert outcome.code == 0
    assert "simcrm cleanup sim-1" in outcome.out
    assert [(request.method, request.path) for request in api.requests] == [("POST", "/api/simulations/sim-1/abort")]
