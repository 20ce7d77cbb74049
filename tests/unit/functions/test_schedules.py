"""Schedules by the API: kept by Scheduler, refused where they would never fire or start nothing."""

import json
from typing import Any

import pytest
from lambda_events import api_event
from template_resources import Resources
from unit.functions.conftest import Invoke

from simcrm import aws

PATH = "/api/schedules"
NIGHTLY = {
    "name": "nightly",
    "expression": "cron(0 3 * * ? *)",
    "timezone": "Europe/Berlin",
    "input": {"totalRecords": 10},
}
SHOWN = {**NIGHTLY, "state": "ENABLED", "overlap": "ALLOW"}


def ask(invoke: Invoke, method: str, path: str = PATH, body: Any = None) -> tuple[int, dict[str, Any]]:
    answer = invoke("ApiFunction", api_event(method, path, body))
    return answer["statusCode"], json.loads(answer["body"])


def test_a_schedule_is_added_listed_and_removed(invoke: Invoke) -> None:
    assert ask(invoke, "POST", body=NIGHTLY) == (201, {"ok": True, **SHOWN})
    assert ask(invoke, "GET") == (200, {"ok": True, "schedules": [SHOWN]})
    assert ask(invoke, "DELETE", f"{PATH}/nightly") == (200, {"ok": True, "name": "nightly"})
    assert ask(invoke, "GET") == (200, {"ok": True, "schedules": []})


def test_a_schedule_starts_simulations_in_its_group_and_keeps_what_it_could_not_start(
    invoke: Invoke, resources: Resources
) -> None:
    ask(invoke, "POST", body=NIGHTLY)

    kept = aws.scheduler().get_schedule(Name="nightly", GroupName="simcrm")
    target = kept["Target"]
    assert target["Arn"] == resources.state_machine_arn
    assert json.loads(target["Input"]) == {"totalRecords": 10, "schedule": {"name": "nightly", "overlap": "ALLOW"}}
    assert target["DeadLetterConfig"]["Arn"] == resources.values["DeadLetterQueue.Arn"]
    assert kept["ScheduleExpressionTimezone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expression": "at(2020-01-01T00:00:00)"}, "expression"),
        ({"expression": "cron(0 3 30 2 ? *)"}, "expression"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"name": "not a name"}, "name"),
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


def test_overlap_is_kept_with_the_schedule(invoke: Invoke) -> None:
    shown = {**SHOWN, "overlap": "REFUSE"}

    assert ask(invoke, "POST", body={**NIGHTLY, "overlap": "REFUSE"}) == (201, {"ok": True, **shown})
    assert ask(invoke, "GET")[1]["schedules"] == [shown]
    target = aws.scheduler().get_schedule(Name="nightly", GroupName="simcrm")["Target"]
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
