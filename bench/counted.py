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
from measured_stack import MONTH, Stack

from simcrm.plan.costs import steps_read_again

Row = dict[str, Any]
POLL_SECONDS = 0.5
NO_WORDS = {"enabled": False}
LIVE = {"startTime": "2026-05-04T08:00:00Z", "endTime": "2026-05-04T09:00:00Z", "timeScale": 100_000, "ai": NO_WORDS}
"""An hour whose leads live for some weeks, in about a minute."""

RUNS: dict[str, Row] = {
    "one": {"totalRecords": 100, "activities": {"enabled": False}, "ai": NO_WORDS, **MONTH},
    "pairs": {"totalRecords": 1_000, "activities": {"enabled": False}, "ai": NO_WORDS, **MONTH},
    "backfill": {"totalRecords": 1_000, "ai": NO_WORDS, **MONTH},
    "words": {"totalRecords": 400, **MONTH},
    "live": {"totalRecords": 40, **LIVE},
}
KINDS = {"gets": {"GetObject"}, "puts": {"PutObject", "CreateMultipartUpload", "ListObjects"}}
"""S3 requests by price: a list costs what a put costs."""

CLAIMS = {"get", "set", "sadd"}
LIMITER = {"evalsha", "hget", "hset", "pexpire", "time", "zadd", "zcard", "zremrangebyscore", "zscore"}
"""Commands of Redis by what they are for, where no model is asked; the others are counters."""


def counted(measured: Stack) -> Row:
    """All runs, and what follows from them for each unit."""
    rows = {}
    for name, body in RUNS.items():
        if name != "live":
            measured.run({"seed": f"warm-{name}", **body})
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
        "batches": states.children,
        "waves": states.tasks["sqs"] - states.children,
        "objects": sum(measured.checked(document, body)["counts"].values()),
        "steps": kept["files"]["ledger"],
        "hubspotCalls": after["totalRequests"] - portal["totalRequests"] - 1,
        "hubspotBytes": after["receivedBytes"] - portal["receivedBytes"],
        "modelCalls": len(calls),
        "modelBytes": sum(call["receivedBytes"] for call in calls),
        "transitions": {
            "entered": sum(states.entered.values()),
            "started": 1 + states.children,
            "tasks": sorted_counts(states.tasks),
            "retries": states.retries,
        },
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
    one, pairs, backfill, words, live = (rows[name] for name in RUNS)
    more = pairs["batches"] - one["batches"]
    batch = {kind: (_all(pairs, kind) - _all(one, kind)) / more for kind in KINDS}
    run = {kind: _all(one, kind) - one["batches"] * batch[kind] for kind in KINDS}
    wave = {kind: _rest(backfill, kind, run, batch) / backfill["waves"] for kind in KINDS}
    call = {kind: _rest(words, kind, run, batch, wave) / words["modelCalls"] for kind in KINDS}
    return {
        "s3": {name: _rounded(unit) for name, unit in (("run", run), ("batch", batch), ("wave", wave), ("call", call))},
        "liveGets": {"counted": _all(live, "gets"), "unexpected": round(_rest(live, "gets", run, batch, wave))},
        "redis": _commands(pairs, words, live),
        "coreMs": _cores(one, backfill, words, live),
        "messagesPerWrite": {name: _merged(row) for name, row in rows.items()},
        "hubspotCallsPerBatch": round((backfill["hubspotCalls"] - _plan_calls(one, pairs)) / backfill["batches"], 1),
        "hubspotCallsPerWave": round((live["hubspotCalls"] - _plan_calls(one, pairs)) / live["waves"], 1),
        "objectKb": {"stored": _kb(words, "storedBytes"), "sent": _kb(backfill, "hubspotBytes")},
        "modelCallKb": round(words["modelBytes"] / words["modelCalls"] / 1e3, 2),
        "logKb": _logs(backfill, words),
    }


def _rest(row: Row, kind: str, run: Row, batch: Row, wave: Row | None = None) -> float:
    """What a run asked for beyond what these explain; a get for each step that a later one has read again."""
    found = float(_all(row, kind) - run[kind] - row["batches"] * batch[kind])
    if kind == "gets":
        found -= steps_read_again(row["batches"], row["waves"])
    return found - (row["waves"] * wave[kind] if wave else 0)


def _all(row: Row, kind: str) -> int:
    return sum(count for name, count in row["requests"].items() if name.split(" ")[0] in KINDS[kind])


def _plan_calls(one: Row, pairs: Row) -> float:
    """HubSpot calls of a run before its first batch."""
    each = (pairs["hubspotCalls"] - one["hubspotCalls"]) / (pairs["batches"] - one["batches"])
    return float(one["hubspotCalls"] - one["batches"] * each)


def _commands(pairs: Row, words: Row, live: Row) -> Row:
    """Of Redis: claims by record, the limiter's by HubSpot call, counters by step, the rest by call to the model."""
    record = _some(pairs, CLAIMS) / pairs["records"]
    call = _some(live, LIMITER) / live["hubspotCalls"]
    step = (_some(live, set(live["redis"])) - _some(live, CLAIMS | LIMITER)) / live["steps"]
    known = record * words["records"] + call * words["hubspotCalls"] + step * words["steps"]
    model = (_some(words, set(words["redis"])) - known) / words["modelCalls"]
    return _rounded({"record": record, "hubspotCall": call, "step": step, "modelCall": model})


def _some(row: Row, names: set[str]) -> int:
    return sum(count for name, count in row["redis"].items() if name in names)


def _cores(one: Row, backfill: Row, words: Row, live: Row) -> dict[str, float]:
    """Milliseconds of a core by unit; a wave alone is a wave of the live run, which hardly holds an activity."""
    write = _core(backfill, "write-hubspot") / backfill["hubspotCalls"]
    batch, wave = (
        _core(backfill, "generate-contact") / backfill["batches"],
        _core(live, "generate-activity") / live["waves"],
    )
    activities = backfill["objects"] - 2 * backfill["records"]
    again = steps_read_again(live["batches"], live["waves"])
    return _rounded(
        {
            "run": _core(one, "plan-simulation") + _core(one, "finish-simulation"),
            "batch": batch,
            "wave": wave,
            "activity": (_core(backfill, "generate-activity") - wave * backfill["waves"]) / activities,
            "modelCall": (_core(words, "generate-contact") - batch * words["batches"]) / words["modelCalls"],
            "hubspotCall": write,
            "stepReadAgain": (_core(live, "write-hubspot") - write * live["hubspotCalls"]) / again,
        }
    )


def _core(row: Row, function: str) -> float:
    found = row["functions"][function]
    return float(found["coreMs"] * found["invocations"])


def _logs(backfill: Row, words: Row) -> dict[str, float]:
    """Kilobytes that functions write themselves, by invocation and by record that a model was asked about."""
    own = {name: found for name, found in backfill["functions"].items() if name not in {"api", "authorize-request"}}
    size = sum(found["bytesEach"] * found["invocations"] for found in own.values())
    runs = sum(found["invocations"] for found in own.values())
    plain, asked = (row["functions"]["generate-contact"]["bytesEach"] for row in (backfill, words))
    return _rounded(
        {"invocation": size / runs / 1e3, "record": (asked - plain) * words["batches"] / words["records"] / 1e3}
    )


def _merged(row: Row) -> float:
    messages, writes = int(row["batches"] + row["waves"]), int(row["functions"]["write-hubspot"]["invocations"])
    return round(messages / writes, 2)


def _kb(row: Row, name: str) -> float:
    size: float = row[name] if isinstance(row[name], int) else sum(row[name].values())
    return round(size / int(row["objects"]) / 1e3, 2)


def _rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.items()}
