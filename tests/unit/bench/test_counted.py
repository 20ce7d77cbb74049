"""What is made of counts: requests by kind, transitions from histories, units from runs that differ by one thing."""

from collections import Counter
from typing import Any

import pytest
from counted import RUNS, units
from counters import place_of, request_of, transitions

from simcrm.plan.costs import steps_read_again

Row = dict[str, Any]
RUN, BATCH, WAVE, CALL = (
    Counter(gets=7, puts=5),
    Counter(gets=4, puts=2),
    Counter(gets=6, puts=3),
    Counter(gets=1, puts=1),
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
    assert request_of(found) == request_


def test_a_place_is_the_first_name_below_a_simulation() -> None:
    assert [place_of(key) for key in ("simulations/a/words/1/2.jsonl", "dead-letters/x.json")] == [
        "words",
        "dead-letters",
    ]


HISTORIES = {
    "run": ["PassState", "MapState"],
    "child 1": ["TaskState", "TaskScheduled", "TaskScheduled"],
    "child 2": ["TaskState", "LambdaFunctionScheduled"],
}


class Machine:
    """A run of one map with two children, one of whose tasks is tried twice."""

    def get_paginator(self, call: str) -> "Machine.Pages":
        return self.Pages(call)

    class Pages:
        def __init__(self, call: str) -> None:
            self.call = call

        def paginate(self, **asked: str) -> list[Row]:
            if self.call == "list_map_runs":
                return [{"mapRuns": [{"mapRunArn": "map"}]}, {"mapRuns": []}]
            if self.call == "list_executions":
                assert asked == {"mapRunArn": "map"}
                return [{"executions": [{"executionArn": "child 1"}]}, {"executions": [{"executionArn": "child 2"}]}]
            return [{"events": [self.event(kind)]} for kind in HISTORIES[asked["executionArn"]]]

        @staticmethod
        def event(kind: str) -> Row:
            if not kind.endswith("State"):
                return {"type": kind}
            return {"type": f"{kind}Entered", "stateEnteredEventDetails": {"name": kind}}


def test_transitions_are_states_entered_starts_and_retries_of_a_run_and_its_children() -> None:
    assert transitions(Machine(), "run") == {"PassState": 1, "MapState": 1, "TaskState": 2, "start": 3, "retry": 1}


def row(batches: int, waves: int, calls: int = 0) -> Row:
    """A run that asks for exactly these units."""
    asked = {
        kind: RUN[kind] + batches * BATCH[kind] + waves * WAVE[kind] + calls * CALL[kind] for kind in ("gets", "puts")
    }
    asked["gets"] += round(steps_read_again(batches, waves))
    return {
        "batches": batches,
        "waves": waves,
        "objects": 100 * batches,
        "modelCalls": calls,
        "modelBytes": 5_000 * calls,
        "hubspotBytes": 300_000 * batches,
        "storedBytes": {"records": 100_000 * batches, "ledger": 50_000 * batches},
        "requests": {
            "GetObject config": RUN["gets"],
            "GetObject ledger": asked["gets"] - RUN["gets"],
            "PutObject plan.json": RUN["puts"],
            "PutObject ledger": asked["puts"] - RUN["puts"] - batches,
            "ListObjects": batches,
            "secretsmanager GetSecretValue": 9,
        },
        "functions": {"write-hubspot": {"invocations": batches}},
    }


def test_units_are_what_runs_differ_by() -> None:
    rows = dict(zip(RUNS, (row(10, 0), row(10, 10), row(4, 4, 30), row(2, 60)), strict=True))

    found = units(rows)

    assert found["s3"] == {"run": RUN, "batch": BATCH, "wave": WAVE, "modelCall": CALL}
    assert found["liveGets"]["unexpected"] == 0
    assert found["messagesPerWrite"] == {"pairs": 1, "backfill": 2, "words": 2, "live": 31}
    assert (found["objectKb"], found["modelCallKb"]) == ({"stored": 1.5, "sent": 3.0}, 5.0)


def test_what_no_unit_explains_is_told() -> None:
    live = row(2, 60)
    live["requests"]["GetObject ledger"] += 11
    rows = dict(zip(RUNS, (row(10, 0), row(10, 10), row(4, 4, 30), live), strict=True))

    assert units(rows)["liveGets"]["unexpected"] == 11


def test_each_wave_reads_all_steps_that_were_settled_before_it() -> None:
    assert [steps_read_again(2, waves) for waves in (0, 2, 6)] == [0, 2, 12]
    assert steps_read_again(0, 0) == 0
