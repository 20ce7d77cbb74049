"""What a batch, a wave, a record and a call to the model ask of AWS: counted in runs that differ by one thing.

``one`` is a batch without activities and ``pairs`` ten of them, so what they differ by belongs to nine batches;
``backfill`` has one wave a batch more, ``words`` the calls of a model's stand-in, and ``live`` many waves a batch. Each
but the last is made twice and counted once, so that no process is started in what is counted.
"""

import time
from collections.abc import Mapping
from statistics import mean, median
from typing import Any

import counters
import httpx2
from counted_units import table, units
from measured_stack import MONTH, Stack

from simcrm_embedded.deployment import aws_client
from simcrm_embedded.state import StackState

Row = dict[str, Any]
POLL_SECONDS = 0.5
NO_WORDS = {"enabled": False}
LIVE = {"startTime": "2026-05-04T08:00:00Z", "endTime": "2026-05-04T09:00:00Z", "timeScale": 100_000, "ai": NO_WORDS}
"""An hour whose leads live on for months, in two minutes."""

RUNS: dict[str, Row] = {
    "one": {"totalRecords": 100, "activities": {"enabled": False}, "ai": NO_WORDS, **MONTH},
    "pairs": {"totalRecords": 1_000, "activities": {"enabled": False}, "ai": NO_WORDS, **MONTH},
    "backfill": {"totalRecords": 1_000, "ai": NO_WORDS, **MONTH},
    "words": {"totalRecords": 400, **MONTH},
    "live": {"totalRecords": 40, **LIVE},
}


def measure_units(measured: Stack) -> Row:
    """All runs, and what follows from them for each unit."""
    rows = {}
    for name, body in RUNS.items():
        if name != "live":
            measured.run({"seed": f"warm-{name}", **body})
        rows[name] = count(measured, {"seed": f"counted-{name}", **body})
        print("counted", name, {key: value for key, value in rows[name].items() if not isinstance(value, dict)})
    per = units(rows)
    print(table(per))
    return {"runs": rows, "per": per}


class Count:
    """Of one run: what stood at its begin, to be compared with what stands at its end."""

    def __init__(self, measured: Stack) -> None:
        self.measured, self.state, self.began = measured, measured.state, time.time()
        self.trail, self.cores = counters.Trail(self.state), counters.Cores(measured.emulator)
        self.commands, self.portal = counters.commands(self.state.redis_url), stats(measured)

    def wait(self, execution: str) -> None:
        """Until the run has ended. Nobody asks the API meanwhile, whose requests would be counted too."""
        machine = self._aws("stepfunctions")
        while machine.describe_execution(executionArn=execution)["status"] == "RUNNING":
            self.cores.look()
            time.sleep(POLL_SECONDS)

    def requests(self) -> Row:
        """What was asked of S3 and other services, of Redis, of portal and model, and of the cores."""
        requests, spent = self.trail.requests(), self.cores.seconds()
        commands, portal = counters.commands(self.state.redis_url) - self.commands, stats(self.measured)
        calls = model_calls(self.state, self.began)
        return {
            "hubspotCalls": portal["totalRequests"] - self.portal["totalRequests"],
            "hubspotBytes": portal["receivedBytes"] - self.portal["receivedBytes"],
            "modelCalls": len(calls),
            "modelBytes": sum(call["receivedBytes"] for call in calls),
            "requests": sorted_counts(requests),
            "functions": functions(
                counters.read_logs(self._aws("logs"), self.began), spent, self.cores.started_processes
            ),
            "redis": sorted_counts(commands),
        }

    def run_figures(self, execution: str, simulation: str) -> Row:
        """What the run consisted of, and what it has left."""
        states = counters.transitions(self._aws("stepfunctions"), execution)
        kept = counters.count_stored(self._aws("s3"), self.state.outputs["BucketName"], simulation)
        return {
            "batches": states.children,
            "waves": states.tasks["sqs"] - states.children,
            "steps": kept["files"]["ledger"],
            "transitions": {
                "entered": sum(states.entered.values()),
                "started": 1 + states.children,
                "tasks": sorted_counts(states.tasks),
                "retries": states.retries,
            },
            "storedBytes": sorted_counts(kept["bytes"]),
        }

    def _aws(self, service: str) -> Any:
        return aws_client(self.state, service)


def count(measured: Stack, body: Row) -> Row:
    """One run."""
    counting = Count(measured)
    started = measured.start(body)
    simulation, execution = started["simulationId"], started["executionArn"]
    counting.wait(execution)
    seconds, asked = time.time() - counting.began, counting.requests()
    document = measured.api.get(f"/api/simulations/{simulation}").raise_for_status().json()
    objects = sum(measured.checked(document, body)["counts"].values())
    own = {"records": body["totalRecords"], "seconds": round(seconds, 1), "objects": objects}
    return own | asked | counting.run_figures(execution, simulation)


def stats(measured: Stack) -> Row:
    """The portal's counters, which do not count who asks for them."""
    found: Row = measured.portal.get("/_local/stats").raise_for_status().json()
    return found


def model_calls(state: StackState, since: float) -> list[Row]:
    """What the stand-in was asked."""
    answer = httpx2.get(f"{state.model_url}/_local/calls", headers=state.control_headers, timeout=60)
    return [call for call in answer.raise_for_status().json()["calls"] if call["at"] >= since]


def functions(logged: Mapping[str, Row], spent: Mapping[str, float], started: Mapping[str, int]) -> Row:
    """By function: how often it ran, how long, on how much of a core, and how much it wrote."""
    names = {name: name.replace("-", "") + "function" for name in logged}
    cores = {name.lower(): seconds for name, seconds in spent.items()}
    cold = {name.lower(): count for name, count in started.items()}
    return {name: _function(logged[name], cores.get(key, 0.0), cold.get(key, 0)) for name, key in names.items()}


def _function(found: Row, seconds: float, cold: int) -> Row:
    took, runs = found["milliseconds"], max(1, len(found["milliseconds"]))
    return {
        "invocations": len(took),
        "coldStarts": cold,
        "medianMs": round(median(took)) if took else 0,
        "meanMs": round(mean(took)) if took else 0,
        "coreMs": round(seconds * 1e3 / runs, 1),
        "linesEach": round(found["lines"] / runs, 2),
        "bytesEach": round(found["bytes"] / runs),
    }


def sorted_counts(found: Mapping[str, int]) -> dict[str, int]:
    """In an order that does not change from run to run."""
    return {name: found[name] for name in sorted(found)}
