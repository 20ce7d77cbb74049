"""What is made of counts: requests by kind, transitions from histories, units from runs that differ by one thing."""

import json
from collections import Counter
from typing import Any

import pytest
from counted import RUNS
from counted_units import CATALOGUE, NAMES, table, units
from counters import file_place, request_kind, transitions
from template.conftest import ROOT

from simcrm.preview.aws_cost import RUN_TRANSITIONS

Row = dict[str, Any]
RUN, BATCH, WAVE, CALL = (
    {"gets": 7, "puts": 5},
    {"gets": 4, "puts": 2},
    {"gets": 6, "puts": 3},
    {"gets": 1, "puts": 1},
)


def event(service: str, name: str, *resources: tuple[str, str]) -> Row:
    listed = [{"ResourceType": f"AWS::S3::{kind}", "ResourceName": value} for kind, value in resources]
    return {"EventSource": f"{service}.amazonaws.com", "EventName": name, "Resources": listed}


@pytest.mark.parametrize(
    ("found", "request_"),
    [
        (event("s3", "GetObject", ("Bucket", "b"), ("Object", "simulations/sim-1/plan.json")), "GetObject plan.json"),
        (event("s3", "PutObject", ("Object", "simulations/sim-1/ledger/000001/x.jsonl")), "PutObject ledger"),
        (event("s3", "GetObject", ("Object", "config/ai/latest.json")), "GetObject config"),
        (event("s3", "ListObjects", ("Bucket", "b")), "ListObjects"),
        (event("sqs", "SendMessage"), "sqs SendMessage"),
    ],
)
def test_a_request_is_told_by_its_kind_and_place(found: Row, request_: str) -> None:
    assert request_kind(found) == request_


def test_a_place_is_the_first_name_below_a_simulation() -> None:
    assert [file_place(key) for key in ("simulations/a/words/1/2.jsonl", "dead-letters/x.json")] == [
        "words",
        "dead-letters",
    ]


LAMBDA, SQS = "arn:aws:states:::lambda:invoke", "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
HISTORIES: dict[str, list[tuple[str, str]]] = {
    "run": [
        ("TaskStateEntered", "Plan"),
        ("TaskScheduled", LAMBDA),
        ("TaskSucceeded", LAMBDA),
        ("MapStateEntered", "Map"),
    ],
    "child 1": [
        ("TaskScheduled", LAMBDA),
        ("TaskFailed", LAMBDA),
        ("TaskScheduled", LAMBDA),
        ("TaskSucceeded", LAMBDA),
    ],
    "child 2": [("TaskScheduled", LAMBDA), ("TaskSucceeded", LAMBDA), ("TaskScheduled", SQS), ("TaskSucceeded", SQS)],
}


class Machine:
    """A run of one map with two children, one of whose tasks is tried twice; each page of a list holds one thing."""

    def get_paginator(self, call: str) -> "Pages":
        return Pages(call)


class Pages:
    def __init__(self, call: str) -> None:
        self.call = call

    def paginate(self, **asked: str) -> list[Row]:
        if self.call == "list_map_runs":
            return [{"mapRuns": [{"mapRunArn": "map"}]}, {"mapRuns": []}]
        if self.call == "list_executions":
            assert asked == {"mapRunArn": "map"}
            return [{"executions": [{"executionArn": name}]} for name in ("child 1", "child 2")]
        return [{"events": [happened(*told)]} for told in HISTORIES[asked["executionArn"]]]


def happened(kind: str, what: str) -> Row:
    if kind.endswith("StateEntered"):
        return {"type": kind, "stateEnteredEventDetails": {"name": what}}
    return {"type": kind, f"{kind[0].lower()}{kind[1:]}EventDetails": {"resource": what}}


def test_transitions_are_states_entered_children_their_tasks_and_retries() -> None:
    found = transitions(Machine(), "run")

    assert found.entered == {"Plan": 1, "Map": 1}
    assert (found.children, found.tasks, found.retries) == (2, {"lambda": 2, "sqs": 1}, 1)


def row(batches: int, waves: int, calls: int = 0) -> Row:
    """A run that asks for exactly these units; of each record 3 claims, of each HubSpot call 20 commands."""
    gets, puts = (
        RUN[kind] + batches * BATCH[kind] + waves * WAVE[kind] + calls * CALL[kind] for kind in ("gets", "puts")
    )
    records, steps, hubspot = 100 * batches, batches + waves, 24 + 3 * batches + 5 * waves
    return {
        "records": records,
        "batches": batches,
        "waves": waves,
        "steps": steps,
        "objects": 2 * records + 10 * waves,
        "hubspotCalls": hubspot,
        "modelCalls": calls,
        "modelBytes": 5_000 * calls,
        "hubspotBytes": 3_000 * (2 * records + 10 * waves),
        "storedBytes": {"records": 1_500 * (2 * records + 10 * waves)},
        "requests": {
            "GetObject config": 5,
            "GetObject plan.json": gets - 5 - steps,
            "GetObject ledger": steps,
            "PutObject ledger": puts - batches,
            "ListObjects": batches,
            "secretsmanager GetSecretValue": 9,
        },
        "redis": {"get": 2 * records, "set": records, "evalsha": 20 * hubspot, "hincrby": 14 * steps + 11 * calls},
        "functions": {
            "plan-simulation": ran(1, 60),
            "finish-simulation": ran(1, 40),
            "generate-contact": ran(batches, 50 + 8 * calls / batches, 1_000 + (40_000 if calls else 0)),
            "generate-activity": ran(waves, 20 + 0.2 * 10),
            "write-hubspot": ran(batches, 10 * (hubspot - 24) / batches, 3_000),
        },
    }


def ran(invocations: int, milliseconds: float, size: int = 500) -> Row:
    return {"invocations": invocations, "coreMs": milliseconds, "bytesEach": size}


def runs(live: Row | None = None) -> dict[str, Row]:
    return dict(zip(NAMES, (row(1, 0), row(10, 0), row(10, 10), row(4, 4, 30), live or row(2, 60)), strict=True))


def test_units_are_what_runs_differ_by() -> None:
    assert tuple(RUNS) == NAMES
    found = units(runs())

    assert found["s3"] == {"run": RUN, "batch": BATCH, "wave": WAVE, "call": CALL}
    assert found["liveGets"]["unexpected"] == 0
    assert found["messagesPerWrite"] == {"one": 1, "pairs": 1, "backfill": 2, "words": 2, "live": 31}
    assert (found["objectKb"], found["modelCallKb"]) == ({"stored": 1.5, "sent": 3.0}, 5.0)
    assert found["hubspotCalls"] == {"run": 24, "batch": 3, "wave": 5, "fullWave": 5}


def with_catalogue(found: Row, look_ups: int) -> Row:
    """The same run with a catalogue, whose products some waves look up."""
    requests = Counter(found["requests"]) + Counter({"GetObject products.jsonl": 4, "PutObject products.jsonl": 4})
    requests["GetObject ledger"] += 1 + look_ups
    return {**found, "steps": found["steps"] + 1, "requests": requests}


def test_a_catalogue_belongs_to_the_run_and_looking_it_up_to_waves_with_line_items() -> None:
    rows = runs()
    for name, look_ups in (("backfill", 10), ("words", 4), ("live", 7)):
        rows[name] = with_catalogue(rows[name], look_ups)
    found = units(rows)

    run = {kind: RUN[kind] + CATALOGUE[kind] for kind in RUN}
    assert found["s3"] == {"run": run, "batch": BATCH, "wave": {**WAVE, "gets": WAVE["gets"] + 1}, "call": CALL}
    assert found["liveGets"]["unexpected"] == 0


def test_commands_of_the_cache_belong_to_what_they_are_for() -> None:
    assert units(runs())["redis"] == {"record": 3, "hubspotCall": 20, "step": 14, "modelCall": 11}


def test_cores_belong_to_what_they_work_for() -> None:
    assert units(runs())["coreMs"] == {
        "run": 100,
        "batch": 50,
        "wave": 22,
        "activity": 0,
        "modelCall": 8,
        "hubspotCall": 10,
    }


def test_lines_of_the_log_belong_to_invocations_and_to_records_of_a_model() -> None:
    each = {"plan": 0.5, "finish": 0.5, "contacts": 10 * 1.0, "activities": 10 * 0.5, "writes": 10 * 3.0}

    assert units(runs())["logKb"] == {"invocation": round(sum(each.values()) / 32, 2), "record": 0.4}


def test_the_page_about_scale_shows_the_units_that_were_counted() -> None:
    counted = json.loads((ROOT / "bench" / "results" / "scale.json").read_text())["counted"]

    assert counted["per"] == units(counted["runs"])
    assert table(counted["per"]) in (ROOT / "docs" / "scale.md").read_text()


def test_the_runs_that_were_counted_had_the_transitions_of_the_state_machine() -> None:
    rows = json.loads((ROOT / "bench" / "results" / "scale.json").read_text())["counted"]["runs"]

    for found in rows.values():
        steps = found["batches"] + found["waves"]
        assert found["transitions"] == {
            "entered": RUN_TRANSITIONS,
            "started": 1 + found["batches"],
            "tasks": {"lambda": steps, "sqs": steps},
            "retries": 0,
        }


def test_what_no_unit_explains_is_told() -> None:
    live = row(2, 60)
    live["requests"]["GetObject plan.json"] += 11

    assert units(runs(live))["liveGets"]["unexpected"] == 11
