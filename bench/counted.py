"""What a batch, a wave, a record and a call to the model ask of AWS: counted in runs that differ by one thing.

``pairs`` has no activities, so all that it asks for beside the run itself belongs to its batches; ``backfill`` has one
wave a batch more, ``words`` the calls of a model's stand-in, and ``live`` many waves a batch.
"""

import time
from collections.abc import Mapping
from statistics import mean, median
from typing import Any

import counters
import httpx2
from measured_stack import MONTH, Stack

from simcrm.plan.costs import steps_read_again

Row = dict[str, Any]
POLL_SECONDS = 0.5
NO_WORDS = {"enabled": False}
LIVE = {"startTime": "2026-05-04T08:00:00Z", "endTime": "2026-05-04T09:00:00Z", "timeScale": 100_000, "ai": NO_WORDS}
"""An hour whose leads live for some weeks, in about a minute."""

RUNS: dict[str, Row] = {
    "pairs": {"totalRecords": 1_000, "activities": {"enabled": False}, "ai": NO_WORDS, **MONTH},
    "backfill": {"totalRecords": 1_000, "ai": NO_WORDS, **MONTH},
    "words": {"totalRecords": 400, **MONTH},
    "live": {"totalRecords": 40, **LIVE},
}
WARM_UP = {"totalRecords": 800, **MONTH}
"""Eight batches: as many processes as run side by side, all with the model's SDK."""

RUN_PLACES = {"batches.jsonl", "status.json", "config"}
KINDS = {"gets": {"GetObject"}, "puts": {"PutObject", "CreateMultipartUpload", "ListObjects"}}
"""S3 requests by price: a list costs what a put costs."""


def counted(measured: Stack) -> Row:
    """All runs, and what follows from them for each unit."""
    measured.run(WARM_UP)
    rows = {}
    for name, body in RUNS.items():
        rows[name] = count(measured, {"seed": f"counted-{name}", **body})
        print("counted", name, {key: value for key, value in rows[name].items() if not isinstance(value, dict)})
    return {"runs": rows, "per": units(rows)}


def count(measured: Stack, body: Row) -> Row:
    """One run. While it lasts nobody asks the API, whose requests would be counted too."""
    state, began = measured.state, time.time()
    trail, cores = counters.Trail(state.endpoint), counters.Cores(measured.emulator)
    commands, portal = counters.commands(state.redis_url), stats(measured)
    machine = counters.aws(state.endpoint, "stepfunctions")
    started = measured.start(body)
    while machine.describe_execution(executionArn=started["executionArn"])["status"] == "RUNNING":
        cores.look()
        time.sleep(POLL_SECONDS)
    requests, spent = trail.requests(), cores.seconds()
    spent_commands, after = counters.commands(state.redis_url) - commands, stats(measured)
    document = measured.api.get(f"/api/simulations/{started['simulationId']}").raise_for_status().json()
    states = counters.transitions(machine, started["executionArn"])
    kept = counters.stored(counters.aws(state.endpoint, "s3"), state.outputs["BucketName"], started["simulationId"])
    logged = counters.logged(counters.aws(state.endpoint, "logs"), began)
    calls = model_calls(state.model_url, began)
    return {
        "records": body["totalRecords"],
        "seconds": round(time.time() - began, 1),
        "batches": states["BatchDone"],
        "waves": states["WriteActivities"],
        "objects": sum(measured.checked(document, body)["counts"].values()),
        "steps": kept["files"]["ledger"],
        "hubspotCalls": after["totalRequests"] - portal["totalRequests"] - 1,
        "hubspotBytes": after["receivedBytes"] - portal["receivedBytes"],
        "modelCalls": len(calls),
        "modelBytes": sum(call["receivedBytes"] for call in calls),
        "transitions": sorted_counts(states),
        "requests": sorted_counts(requests),
        "functions": functions(logged, spent, cores.started),
        "redis": sorted_counts(spent_commands),
        "storedBytes": sorted_counts(kept["bytes"]),
    }


def stats(measured: Stack) -> Row:
    """The portal's counters; asking for them is one request."""
    found: Row = measured.portal.get("/_local/stats").raise_for_status().json()
    return found


def model_calls(url: str, since: float) -> list[Row]:
    """What the stand-in was asked."""
    answer = httpx2.get(f"{url}/_local/calls", timeout=60).raise_for_status().json()
    return [call for call in answer["calls"] if call["at"] >= since]


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


def units(rows: Mapping[str, Row]) -> Row:
    """What each unit asks for: the difference between runs, shared by the units that make it."""
    pairs, backfill, words, live = (rows[name] for name in RUNS)
    run = {kind: _of_run(pairs, kind) for kind in KINDS}
    batch = {kind: _rest(pairs, kind, run) / pairs["batches"] for kind in KINDS}
    wave = {kind: _rest(backfill, kind, run, batch) / backfill["waves"] for kind in KINDS}
    call = {kind: _rest(words, kind, run, batch, wave) / words["modelCalls"] for kind in KINDS}
    return {
        "s3": {"run": run, "batch": _rounded(batch), "wave": _rounded(wave), "modelCall": _rounded(call)},
        "liveGets": {"counted": _all(live, "gets"), "unexpected": round(_rest(live, "gets", run, batch, wave))},
        "messagesPerWrite": {name: _merged(row) for name, row in rows.items()},
        "objectKb": {"stored": _kb(backfill, "storedBytes"), "sent": _kb(backfill, "hubspotBytes")},
        "modelCallKb": round(words["modelBytes"] / words["modelCalls"] / 1e3, 2),
    }


def _rest(row: Row, kind: str, run: Row, batch: Row | None = None, wave: Row | None = None) -> float:
    """What a run asked for beyond what these explain; a get for each step that a later one has read again."""
    found = float(_all(row, kind) - run[kind])
    if kind == "gets":
        found -= steps_read_again(row["batches"], row["waves"])
    return found - sum(row[name] * unit[kind] for name, unit in (("batches", batch), ("waves", wave)) if unit)


def _all(row: Row, kind: str) -> int:
    return sum(count for name, count in row["requests"].items() if name.split(" ")[0] in KINDS[kind])


def _of_run(row: Row, kind: str) -> int:
    """Of the plan, the begin and the end; the plan itself is written once and read by every step."""
    places = RUN_PLACES | ({"plan.json"} if kind == "puts" else set())
    parts = ((name.partition(" "), count) for name, count in row["requests"].items())
    return sum(count for (call, _, place), count in parts if call in KINDS[kind] and place in places)


def _merged(row: Row) -> float:
    return round((row["batches"] + row["waves"]) / row["functions"]["write-hubspot"]["invocations"], 2)


def _kb(row: Row, name: str) -> float:
    size = row[name] if isinstance(row[name], int) else sum(row[name].values())
    return round(size / row["objects"] / 1e3, 2)


def _rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.items()}
