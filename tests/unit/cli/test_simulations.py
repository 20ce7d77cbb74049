"""``start``, ``watch``, ``list`` and ``metrics`` against a small API."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from unit.cli.conftest import TOKEN, FakeApi, Simcrm

from simcrm_cli import simulation_status
from simcrm_cli.durations import begin_before

NOW = datetime(2026, 11, 29, 10, 30, 15, 999, tzinfo=UTC)
PREVIEW = "POST /api/simulations/preview"
STARTED = {"ok": True, "simulationId": "sim-1", "status": "QUEUED", "executionArn": "arn:1"}
COUNTS = {"contacts": 500, "companies": 500, "deals": 120, "notes": 900, "calls": 80, "tasks": 70, "tickets": 9}
SIMULATION = "GET /api/simulations/sim-1"


def simulation(status: str, percent: float = 1, **changes: Any) -> dict[str, Any]:
    return {
        "ok": True,
        "simulationId": "sim-1",
        "status": status,
        "planned": 500,
        "counts": COUNTS,
        "failed": 0,
        "percentComplete": percent,
        "hubspotCalls": 42,
        "error": None,
        **changes,
    }


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_status, "POLL_SECONDS", 0)


def test_start_sends_the_options_by_the_apis_names(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)

    options = ["--records", "500", "--scenario", "B2C", "--distribution", "SURGE", "--time-scale", "0", "--seed", "7"]
    times = ["--start-time", "2026-01-01T00:00:00Z", "--end-time", "2026-02-01T00:00:00Z"]
    outcome = on("start", *options, *times, "--contacts-per-company", "3", "--dry-run", "--ai", '{"enabled": false}')

    assert outcome.code == 0
    assert "simcrm watch sim-1" in outcome.out
    assert api.requests[0].token == f"Bearer {TOKEN}"
    assert api.requests[0].body == {
        "totalRecords": 500,
        "scenario": "B2C",
        "distributionMethod": "SURGE",
        "timeScale": 0.0,
        "seed": "7",
        "startTime": "2026-01-01T00:00:00Z",
        "endTime": "2026-02-01T00:00:00Z",
        "contactsPerCompany": 3,
        "dryRun": True,
        "ai": {"enabled": False},
    }


def test_start_takes_the_input_from_a_file_and_options_replace_its_fields(
    on: Simcrm, api: FakeApi, tmp_path: Path
) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)
    path = tmp_path / "input.json"
    path.write_text(json.dumps({"totalRecords": 10, "theme": "bakeries"}), encoding="utf-8")

    on("start", "--input", str(path), "--records", "20")

    assert api.requests[0].body == {"totalRecords": 20, "theme": "bakeries"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [("{", "is not JSON"), ("[1]", "is not a JSON object"), (None, "cannot be read")],
    ids=["broken", "no object", "missing"],
)
def test_an_input_file_of_no_use_starts_nothing(
    on: Simcrm, api: FakeApi, tmp_path: Path, text: str | None, problem: str
) -> None:
    path = tmp_path / "input.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    outcome = on("start", "--input", str(path), "--json")

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "BAD_INPUT"
    assert problem in outcome.document["error"]["message"]
    assert api.requests == []


def test_an_option_that_is_no_json_is_named(on: Simcrm) -> None:
    outcome = on("start", "--records", "5", "--ai", "off")

    assert outcome.code == 1
    assert outcome.err.startswith("--ai: is not JSON")


def test_what_the_api_does_not_accept_is_told_in_its_words(on: Simcrm, api: FakeApi) -> None:
    error = {"code": "VALIDATION_ERROR", "message": "totalRecords: must be at least 1", "field": "totalRecords"}
    api.answer("POST /api/simulations", {"ok": False, "error": error}, status=400)

    outcome = on("start", "--records", "0")

    assert outcome.code == 1
    assert outcome.err == "totalRecords: must be at least 1\n"


def test_start_prints_the_apis_answer_as_json(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)

    assert on("start", "--records", "5", "--json").document == STARTED


def test_start_can_wait_for_the_end(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)
    api.answer(PREVIEW, {"ok": True, "durationSeconds": 12.0})
    api.answer(SIMULATION, simulation("QUEUED", 0), simulation("RUNNING", 0.5), simulation("SUCCEEDED"))

    outcome = on("start", "--records", "500", "--wait", "--json")

    assert outcome.code == 0
    assert outcome.document["status"] == "SUCCEEDED"
    assert outcome.document["counts"] == COUNTS


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (40.0, None),
        (3_600.0, None),
        (5_400.0, "about 90 minutes, until about 2027-02-12 18:00 UTC"),
        (90_000.0, "about 25 hours, until"),
        (6_480_000.0, "about 75 days, until"),
    ],
)
def test_a_long_wait_is_said_before_it_begins(on: Simcrm, api: FakeApi, seconds: float, said: str | None) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)
    api.answer(PREVIEW, {"ok": True, "durationSeconds": seconds, "endsAt": "2027-02-12T18:00:31.000Z"})
    api.answer(SIMULATION, simulation("SUCCEEDED"))

    outcome = on("start", "--records", "500", "--live", "--wait", "--json")

    assert outcome.document["status"] == "SUCCEEDED"
    assert [request.path for request in api.requests][1:] == ["/api/simulations/preview", "/api/simulations/sim-1"]
    assert api.requests[1].body == {"totalRecords": 500, "mode": "LIVE", "simulationId": "sim-1"}
    assert ("This run takes" in outcome.err) == (said is not None)
    assert said is None or said in outcome.err
    assert ("simcrm watch sim-1" in outcome.err) == (said is not None)
    assert ("--timeout" in outcome.err) == (seconds > 86_400)


def test_a_wait_begins_where_nothing_can_be_told_of_its_length(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)
    api.answer(PREVIEW, {"message": "Internal server error"}, status=502)
    api.answer(SIMULATION, simulation("SUCCEEDED"))

    assert on("start", "--records", "500", "--wait").code == 0


def test_companies_are_sent_instead_of_records(on: Simcrm, api: FakeApi, tmp_path: Path) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)
    for name in ("totalRecords", "total_records", "totalCompanies"):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({name: 5}), encoding="utf-8")

        assert on("start", "--companies", "20", "--input", str(file)).code == 0
        assert api.requests[-1].body == {"totalCompanies": 20}
        assert on("start", "--records", "7", "--input", str(file)).code == 0
        assert api.requests[-1].body == {"totalRecords": 7}


def test_records_and_companies_at_once_are_a_mistake(on: Simcrm, api: FakeApi) -> None:
    outcome = on("start", "--records", "5", "--companies", "5")

    assert outcome.code == 2
    assert "--companies cannot be combined with --records" in outcome.err
    assert api.requests == []


def test_a_summary_says_what_amounts_are_converted_from(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/simulations", STARTED, status=202)
    api.answer(PREVIEW, {"message": "Internal server error"}, status=502)
    currency = {"code": "CHF", "convertedFrom": "EUR", "inPortal": True, "rateYear": 2025}
    api.answer(SIMULATION, simulation("SUCCEEDED", currency=currency))

    outcome = on("start", "--records", "5", "--wait")

    assert "amounts converted to CHF" in outcome.out
    assert "from EUR, at the average rate of 2025" in outcome.out


def sent_body(on: Simcrm, api: FakeApi, *options: str) -> Any:
    api.answer("POST /api/simulations", STARTED, status=202)
    outcome = on("start", "--records", "5", *options)
    assert outcome.code == 0, outcome.err
    return api.requests[-1].body


@pytest.mark.parametrize(
    ("length", "begin"),
    [
        ("90d", "2026-08-31T10:30:15Z"),
        ("1d", "2026-11-28T10:30:15Z"),
        ("2w", "2026-11-15T10:30:15Z"),
        ("18mo", "2025-05-29T10:30:15Z"),
        ("9mo", "2026-02-28T10:30:15Z"),
        ("1y", "2025-11-29T10:30:15Z"),
        ("26Y", "2000-11-29T10:30:15Z"),
    ],
)
def test_last_is_a_backfill_from_then_on(length: str, begin: str) -> None:
    assert begin_before(length, NOW) == begin


@pytest.mark.parametrize(
    "length", ["", "90", "d", "0d", "-1d", "1.5y", "90 d", "1m", "27y", "9999d", "9999mo", "1\u0663d"]
)
def test_a_length_that_is_none_is_a_mistake(on: Simcrm, api: FakeApi, length: str) -> None:
    assert on("start", "--records", "5", f"--last={length}").code == 2
    assert api.requests == []


def test_last_and_live_say_the_mode(on: Simcrm, api: FakeApi) -> None:
    last = sent_body(on, api, "--last", "90d")

    assert {name: value for name, value in last.items() if name != "startTime"} == {
        "totalRecords": 5,
        "mode": "BACKFILL",
    }
    assert (datetime.now(UTC) - datetime.fromisoformat(last["startTime"])).days == 90
    assert sent_body(on, api, "--live") == {"totalRecords": 5, "mode": "LIVE"}
    assert sent_body(on, api, "--live", "--time-scale", "60")["timeScale"] == 60


@pytest.mark.parametrize(
    "other", [["--live"], ["--start-time", "2026-01-01T00:00:00Z"], ["--time-scale", "0"]], ids=str
)
def test_last_goes_with_nothing_else_that_says_when(on: Simcrm, api: FakeApi, other: list[str]) -> None:
    assert on("start", "--records", "5", "--last", "90d", *other).code == 2
    assert api.requests == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--live"], {"mode": "LIVE"}),
        (["--live", "--end-time", "T"], {"mode": "LIVE", "endTime": "T"}),
        (["--start-time", "T"], {"startTime": "T", "end_time": "F", "timeScale": 5, "mode": "BACKFILL"}),
    ],
    ids=str,
)
def test_options_take_the_place_of_what_a_file_says_of_when(
    on: Simcrm, api: FakeApi, tmp_path: Path, options: list[str], expected: dict[str, Any]
) -> None:
    path = tmp_path / "input.json"
    given = {"start_time": "F", "end_time": "F", "timeScale": 5, "mode": "BACKFILL", "total_records": 9}
    path.write_text(json.dumps(given), encoding="utf-8")

    assert sent_body(on, api, "--input", str(path), *options) == {"totalRecords": 5, **expected}


def test_an_option_takes_the_place_of_what_does_not_go_with_it(on: Simcrm, api: FakeApi, tmp_path: Path) -> None:
    path = tmp_path / "input.json"
    given = {"locales": {"en_US": 1}, "distribution_method": "CUSTOM", "distributionWeights": {"days": [1] * 7}}
    path.write_text(json.dumps(given), encoding="utf-8")

    body = sent_body(on, api, "--input", str(path), "--locale", "de_DE", "--distribution", "SURGE")

    assert body == {"totalRecords": 5, "locale": "de_DE", "distributionMethod": "SURGE"}


def test_watch_shows_progress_beside_and_the_summary_on_standard_output(on: Simcrm, api: FakeApi) -> None:
    api.answer(SIMULATION, simulation("RUNNING", 0.5), simulation("SUCCEEDED"))

    outcome = on("watch", "sim-1")

    assert outcome.code == 0
    assert "RUNNING 50%: 500 of 500 records, 2,179 objects" in outcome.err
    assert "sim-1: SUCCEEDED" in outcome.out
    assert "900" in outcome.out


@pytest.mark.parametrize(("status", "code"), [("FAILED", 1), ("ABORTED", 1), ("PARTIAL", 3)])
@pytest.mark.parametrize("command", [("watch", "sim-1"), ("start", "--records", "3", "--wait")])
def test_a_command_that_waits_ends_as_the_simulation_did(
    on: Simcrm, api: FakeApi, command: tuple[str, ...], status: str, code: int
) -> None:
    api.answer("POST /api/simulations", {"ok": True, "simulationId": "sim-1", "status": "QUEUED"}, status=202)
    error = {"code": "MISSING_SCOPES", "message": "Give the token the scope tickets."}
    api.answer(SIMULATION, simulation("RUNNING", 0.5), simulation(status, 0.6, error=error))

    outcome = on(*command)

    assert outcome.code == code
    assert f"sim-1: {status}" in outcome.out
    assert "MISSING_SCOPES: Give the token the scope tickets." in outcome.out


def test_what_was_never_made_is_shown(on: Simcrm, api: FakeApi) -> None:
    api.answer(SIMULATION, simulation("PARTIAL", 60) | {"missing": 1_234})

    outcome = on("watch", "sim-1")

    assert "never generated" in outcome.out
    assert "1,234" in outcome.out


def test_a_failed_simulation_as_json_has_its_counts_and_its_reason(on: Simcrm, api: FakeApi) -> None:
    error = {"code": "MISSING_SCOPES", "message": "Give the token the scope tickets."}
    api.answer(SIMULATION, simulation("FAILED", 60, error=error))

    outcome = on("watch", "sim-1", "--json")

    assert outcome.code == 1
    assert (outcome.document["ok"], outcome.document["error"], outcome.document["counts"]) == (False, error, COUNTS)


def test_watching_ends_at_its_time_limit(on: Simcrm, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_status, "POLL_SECONDS", 1)
    api.answer(SIMULATION, simulation("RUNNING", 0.5))

    outcome = on("watch", "sim-1", "--timeout", "1", "--json")

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "STILL_RUNNING"


def test_a_short_outage_of_the_api_is_waited_through(on: Simcrm, api: FakeApi) -> None:
    api.answer(SIMULATION, simulation("RUNNING", 0.5))
    api.answer(SIMULATION, {"message": "Internal server error"}, "no json", status=502)
    api.answer(SIMULATION, {"message": "Too Many Requests"}, status=429)
    api.answer(SIMULATION, simulation("SUCCEEDED"))

    assert on("watch", "sim-1").code == 0


def test_an_api_that_stays_away_is_given_up(on: Simcrm, api: FakeApi) -> None:
    api.answer(SIMULATION, {"message": "Internal server error"}, status=502)

    outcome = on("watch", "sim-1", "--json")

    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "HTTP_502"
    assert len(api.requests) == simulation_status.MAX_FAILURES


def test_watching_what_does_not_exist_fails_at_once(on: Simcrm, api: FakeApi) -> None:
    outcome = on("watch", "sim-2", "--json")

    assert outcome.document["error"]["code"] == "NOT_FOUND"
    assert len(api.requests) == 1


def list_row(number: int) -> Mapping[str, Any]:
    return {
        "simulationId": f"sim-{number}",
        "status": "RUNNING",
        "totalRecords": 1_500,
        "startedAt": "2026-11-01T10:00:00.123Z",
        "endedAt": None,
        "percentComplete": 0.125,
    }


def test_list_follows_the_pages_up_to_its_limit(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/simulations", {"ok": True, "simulations": [list_row(1), list_row(2)], "nextToken": "p2"})
    api.answer("GET /api/simulations?nextToken=p2", {"ok": True, "simulations": [list_row(3), list_row(4)]})

    outcome = on("list", "--limit", "3", "--json")

    assert outcome.document == {"ok": True, "simulations": [list_row(1), list_row(2), list_row(3)]}


def test_list_shows_a_line_for_each_simulation(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/simulations", {"ok": True, "simulations": [list_row(1)]})

    outcome = on("list")

    assert outcome.code == 0
    assert all(text in outcome.out for text in ("sim-1", "RUNNING", "1,500", "12%", "2026-11-01 10:00"))


def test_list_shows_how_long_a_simulation_took_and_its_whole_name(on: Simcrm, api: FakeApi) -> None:
    ended = {**list_row(1), "simulationId": "sim-20261122t230507-kf002g", "endedAt": "2026-11-01T10:20:00.123Z"}
    api.answer("GET /api/simulations", {"ok": True, "simulations": [ended]})

    outcome = on("list")

    assert "sim-20261122t230507-kf002g" in outcome.out
    assert "1,200 s" in outcome.out


def test_a_simulation_that_has_not_started_yet_has_no_times(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/simulations", {"ok": True, "simulations": [{**list_row(1), "startedAt": None}]})

    assert on("list").code == 0


def test_an_empty_list_says_what_to_do_next(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/simulations", {"ok": True, "simulations": []})

    assert "simcrm start" in on("list").out


METRICS = {
    "ok": True,
    "simulationId": "sim-1",
    "status": "RUNNING",
    "percentComplete": 0.5,
    "metrics": {"contacts_created": "500"},
    "aiGeneration": {"successCount": 4, "estimatedCost": "$0.3600", "lastErrorCategory": None},
}


def test_metrics_are_shown_by_name(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/simulations/sim-1/metrics", METRICS)

    outcome = on("metrics", "sim-1")

    assert outcome.code == 0
    assert all(text in outcome.out for text in ("sim-1: RUNNING", "contacts_created", "estimatedCost", "$0.3600"))


def test_metrics_as_json_are_the_apis_own(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/simulations/sim-1/metrics", METRICS)

    assert on("metrics", "sim-1", "--json").document == METRICS


@pytest.mark.parametrize("command", ["watch", "metrics", "abort", "resume", "cleanup", "export"])
@pytest.mark.parametrize("name", ["", "a/b", "..", "sim 1", "sim-1?x=1", "x" * 73, "sim-1\n"])
def test_what_is_no_id_is_asked_of_nobody(on: Simcrm, api: FakeApi, command: str, name: str) -> None:
    assert on(command, name).code == 2
    assert api.requests == []
