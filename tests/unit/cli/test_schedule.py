"""``simcrm schedule`` against a small API."""

from typing import Any

import pytest
from unit.cli.conftest import FakeApi, Simcrm

ROW: dict[str, Any] = {
    "name": "nightly",
    "expression": "cron(0 3 * * ? *)",
    "timezone": "Europe/Berlin",
    "state": "ENABLED",
    "overlap": "ALLOW",
    "input": {"totalRecords": 10},
}


def test_nightly_ten_new_leads_is_one_command(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/schedules", {"ok": True, **ROW}, status=201)

    when = ["--cron", "0 3 * * ? *", "--timezone", "Europe/Berlin"]
    outcome = on("schedule", "add", "nightly", *when, "--records", "10")

    assert outcome.code == 0
    assert api.requests[0].body == {name: ROW[name] for name in ("name", "expression", "timezone", "overlap", "input")}
    assert "nightly: cron(0 3 * * ? *) Europe/Berlin, ENABLED" in outcome.out.replace("\n", " ")


@pytest.mark.parametrize("given", [["--rate", "1 hour"], ["--at", "2027-01-31T08:00:00"]], ids=str)
def test_a_rate_and_a_moment_are_given_likewise(on: Simcrm, api: FakeApi, given: list[str]) -> None:
    api.answer("POST /api/schedules", {"ok": True, **ROW}, status=201)

    on("schedule", "add", "other", *given, "--records", "1")

    assert api.requests[0].body["expression"] == f"{given[0][2:]}({given[1]})"


def test_overlap_is_asked_for(on: Simcrm, api: FakeApi) -> None:
    api.answer("POST /api/schedules", {"ok": True, **ROW, "overlap": "REFUSE"}, status=201)

    outcome = on("schedule", "add", "nightly", "--rate", "1 hour", "--records", "1", "--overlap", "REFUSE")

    assert api.requests[0].body["overlap"] == "REFUSE"
    assert "overlap REFUSE" in outcome.out.replace("\n", " ")


def test_schedules_are_listed_and_removed(on: Simcrm, api: FakeApi) -> None:
    api.answer("GET /api/schedules", {"ok": True, "schedules": [ROW]})
    api.answer("DELETE /api/schedules/nightly", {"ok": True, "name": "nightly"})

    assert on("schedule", "list", "--json").document["schedules"] == [ROW]
    assert "nightly has been removed" in on("schedule", "remove", "nightly").out


@pytest.mark.parametrize(
    "given",
    [
        ["add", "nightly", "--records", "1"],
        ["add", "nightly", "--cron", "0 3 * * ? *", "--rate", "1 hour", "--records", "1"],
        ["add", "--rate", "1 hour", "--records", "1"],
        ["remove"],
    ],
    ids=str,
)
def test_half_a_command_asks_nobody(on: Simcrm, api: FakeApi, given: list[str]) -> None:
    assert on("schedule", *given).code == 2
    assert api.requests == []


def test_a_schedule_that_was_added_says_when_and_for_how_long(on: Simcrm, api: FakeApi) -> None:
    first = {"mode": "LIVE", "firesAt": "2026-11-30T02:00:00.000Z", "runSeconds": 6_480_000.0}
    api.answer("POST /api/schedules", {"ok": True, **ROW, **first}, status=201)

    outcome = on("schedule", "add", "nightly", "--rate", "1 hour", "--records", "10")

    said = " ".join(outcome.out.split())
    assert "overlap ALLOW, LIVE" in said
    assert "It first fires at 2026-11-30 02:00 UTC. Each run is LIVE and lives for about 75 days." in said


def test_a_schedule_has_no_last_days_that_grow_from_firing_to_firing(on: Simcrm, api: FakeApi) -> None:
    outcome = on("schedule", "add", "nightly", "--rate", "1 hour", "--records", "10", "--last", "90d")

    assert outcome.code == 2
    assert api.requests == []
