"""Schedules by the API: kept by Scheduler, refused where they would never fire or start nothing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lambda_events import api_event
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.models.schedule import scheduled_input_to_plan

PATH = "/api/schedules"
TODAY = datetime.now(UTC)
NIGHTLY = {
    "name": "nightly",
    "expression": "cron(0 3 * * ? *)",
    "timezone": "Europe/Berlin",
    "input": {"totalRecords": 10},
}
LIVE = {"totalRecords": 10, "mode": "LIVE"}
SHOWN = {**NIGHTLY, "state": "ENABLED", "overlap": "ALLOW", "mode": "LIVE", "input": LIVE}


def ask(invoke: Invoke, method: str, path: str = PATH, body: Any = None) -> tuple[int, dict[str, Any]]:
    answer = invoke("ApiFunction", api_event(method, path, body))
    return answer["statusCode"], json.loads(answer["body"])


def added_document(invoke: Invoke, **change: Any) -> dict[str, Any]:
    """What is said of a schedule that was added, apart from what its first run is told by the clock."""
    number, document = ask(invoke, "POST", body={**NIGHTLY, **change})
    assert number == 201, document
    return {name: value for name, value in document.items() if name not in {"firesAt", "runSeconds", "ok"}}


def test_a_schedule_is_added_listed_and_removed(invoke: Invoke) -> None:
    assert added_document(invoke) == SHOWN
    assert ask(invoke, "GET") == (200, {"ok": True, "schedules": [SHOWN]})
    assert ask(invoke, "DELETE", f"{PATH}/nightly") == (200, {"ok": True, "name": "nightly"})
    assert ask(invoke, "GET") == (200, {"ok": True, "schedules": []})


def test_a_schedule_starts_simulations_in_its_group_and_keeps_what_it_could_not_start(
    invoke: Invoke, resources: Resources
) -> None:
    ask(invoke, "POST", body=NIGHTLY)

    kept = aws_clients.scheduler().get_schedule(Name="nightly", GroupName="simcrm")
    target = kept["Target"]
    assert target["Arn"] == resources.state_machine_arn
    assert json.loads(target["Input"]) == {**LIVE, "schedule": {"name": "nightly", "overlap": "ALLOW"}}
    assert target["DeadLetterConfig"]["Arn"] == resources.values["DeadLetterQueue.Arn"]
    assert kept["ScheduleExpressionTimezone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expression": "at(2020-01-01T00:00:00)"}, "expression"),
        ({"expression": "cron(0 3 30 2 ? *)"}, "expression"),
        ({"expression": f"cron(0 0 {TODAY:%d} {TODAY:%m} ? {TODAY:%Y})", "timezone": "UTC"}, "expression"),
        ({"expression": "cron(30 2 28 3 ? 2027)"}, "expression"),
        ({"expression": "at(2027-03-28T02:30:00)"}, "expression"),
        ({"expression": "cron(0 3 * * ? ?)"}, "expression"),
        ({"expression": "at(9999-12-31T23:59:59)"}, "expression"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"timezone": "Factory"}, "timezone"),
        ({"timezone": "right/Europe/Berlin"}, "timezone"),
        ({"name": "not a name"}, "name"),
        ({"name": ".."}, "name"),
        ({"name": "preview"}, "name"),
        ({"input": {"totalRecords": 1, "mode": "LIVE", "timeScale": 0}}, "input.timeScale"),
        ({"input": {"totalRecords": 1, "distributionMethod": "SURGE"}}, "input.distributionMethod"),
        ({"input": {"totalRecords": 0}}, "input.totalRecords"),
        ({"input": {"totalRecords": 1, "scenario": "B2D"}}, "input.scenario"),
        ({"input": {"totalRecords": 1, "simulationId": "one"}}, "input.simulationId"),
        ({"overlap": "SOMETIMES"}, "overlap"),
        ({"input": {"totalRecords": 1, "schedule": {"name": "other"}}}, "input.schedule"),
    ],
    ids=str,
)
def test_what_would_never_start_anything_is_refused_by_its_field(
    invoke: Invoke, change: dict[str, Any], field: str
) -> None:
    number, document = ask(invoke, "POST", body={**NIGHTLY, **change})

    assert (number, document["error"]["code"], document["error"]["field"]) == (400, "VALIDATION_ERROR", field)
    assert ask(invoke, "GET")[1]["schedules"] == []


def test_a_schedule_says_when_it_fires_first_and_how_long_each_run_lives(invoke: Invoke) -> None:
    _, nightly = ask(invoke, "POST", body={**NIGHTLY, "timezone": "UTC"})
    _, backfill = ask(
        invoke, "POST", body={**NIGHTLY, "name": "filled", "input": {"totalRecords": 1, "mode": "BACKFILL"}}
    )

    fires = datetime.fromisoformat(nightly["firesAt"])
    assert (fires.hour, fires.minute) == (3, 0)
    assert timedelta(0) < fires - datetime.now(UTC) <= timedelta(days=1, minutes=1)
    assert nightly["runSeconds"] > timedelta(days=7).total_seconds()
    assert (backfill["mode"], backfill["runSeconds"] < 60) == ("BACKFILL", True)


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({"timeScale": 0}, "BACKFILL"),
        ({"timeScale": 1}, "LIVE"),
        ({"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-02-01T00:00:00Z"}, "BACKFILL"),
        ({"start_time": "2026-01-01T00:00:00Z"}, "BACKFILL"),
        ({"mode": "BACKFILL"}, "BACKFILL"),
    ],
    ids=str,
)
def test_an_input_that_says_when_is_kept_as_it_is(invoke: Invoke, given: dict[str, Any], mode: str) -> None:
    wanted = {"totalRecords": 10, **given}

    assert added_document(invoke, input=wanted) == {**SHOWN, "mode": mode, "input": wanted}


def test_a_schedule_from_before_there_was_a_mode_is_live(invoke: Invoke) -> None:
    added_document(invoke)
    target = aws_clients.scheduler().get_schedule(Name="nightly", GroupName="simcrm")["Target"]
    earlier = {"totalRecords": 10, "schedule": {"name": "nightly", "overlap": "ALLOW"}}
    aws_clients.scheduler().update_schedule(
        Name="nightly",
        GroupName="simcrm",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**target, "Input": json.dumps(earlier)},
    )

    (shown,) = ask(invoke, "GET")[1]["schedules"]
    assert (shown["mode"], shown["input"]) == ("LIVE", {"totalRecords": 10})
    assert scheduled_input_to_plan(earlier) == LIVE
    assert scheduled_input_to_plan({"totalRecords": 10}) == {"totalRecords": 10}


def test_a_moment_is_checked_as_of_its_firing(invoke: Invoke) -> None:
    at = datetime.now(UTC) + timedelta(days=9)
    live = {"totalRecords": 1, "mode": "LIVE", "endTime": (at - timedelta(days=1)).isoformat()}
    body = {**NIGHTLY, "expression": f"at({at:%Y-%m-%dT%H:%M:%S})", "timezone": "UTC", "input": live}

    assert ask(invoke, "POST", body=body)[1]["error"]["field"] == "input.endTime"
    later = {**live, "endTime": (at + timedelta(days=1)).isoformat()}
    assert ask(invoke, "POST", body={**body, "input": later})[0] == 201


def test_overlap_is_kept_with_the_schedule(invoke: Invoke) -> None:
    shown = {**SHOWN, "overlap": "REFUSE"}

    assert added_document(invoke, overlap="REFUSE") == shown
    assert ask(invoke, "GET")[1]["schedules"] == [shown]
    target = aws_clients.scheduler().get_schedule(Name="nightly", GroupName="simcrm")["Target"]
    assert json.loads(target["Input"])["schedule"] == {"name": "nightly", "overlap": "REFUSE"}


def test_users_cannot_say_that_a_schedule_started_their_simulation(invoke: Invoke) -> None:
    body = {"totalRecords": 1, "schedule": {"name": "nightly"}}

    number, document = ask(invoke, "POST", "/api/simulations", body)

    assert (number, document["error"]["field"]) == (400, "schedule")


def test_a_name_that_is_taken_is_a_conflict(invoke: Invoke) -> None:
    ask(invoke, "POST", body=NIGHTLY)

    number, document = ask(invoke, "POST", body={**NIGHTLY, "input": {"totalRecords": 11}})

    assert (number, document["error"]["code"]) == (409, "SCHEDULE_EXISTS")
    assert ask(invoke, "GET")[1]["schedules"] == [SHOWN]


def test_what_is_not_there_is_not_removed(invoke: Invoke) -> None:
    assert ask(invoke, "DELETE", f"{PATH}/nobody")[0] == 404
