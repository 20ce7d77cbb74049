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

from simcrm.plan.costs import (
    BATCH_TRANSITIONS,
    RUN_TRANSITIONS,
    START_TRANSITIONS,
    WAVE_TRANSITIONS,
    steps_read_again,
)

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
    per = units(rows)
    print(table(per))
    return {"runs": rows, "per": per}


class Count:
    """Of one run: what stood at its begin, to be compared with what stands at its end."""

    def __init__(self, measured: Stack) -> None:
        self.measured, self.state, self.began = measured, measured.state, time.time()
        self.trail, self.cores = counters.Trail(self.state.endpoint), counters.Cores(measured.emulator)
        self.commands, self.portal = counters.commands(self.state.redis_url), stats(measured)

    def wait(self, execution: str) -> None:
        """Until the run has ended. Nobody asks the API meanwhile, whose requests would be counted too."""
        machine = self._aws("stepfunctions")
        while machine.describe_execution(executionArn=execution)["status"] == "RUNNING":
            self.cores.look()
            time.sleep(POLL_SECONDS)

    def asked(self) -> Row:
        """What was asked of S3 and other services, of Redis, of portal and model, and of the cores."""
        requests, spent = self.trail.requests(), self.cores.seconds()
        commands, portal = counters.commands(self.state.redis_url) - self.commands, stats(self.measured)
        calls = model_calls(self.state.model_url, self.began)
        return {
            "hubspotCalls": portal["totalRequests"] - self.portal["totalRequests"],
            "hubspotBytes": portal["receivedBytes"] - self.portal["receivedBytes"],
            "modelCalls": len(calls),
            "modelBytes": sum(call["receivedBytes"] for call in calls),
            "requests": sorted_counts(requests),
            "functions": functions(counters.logged(self._aws("logs"), self.began), spent, self.cores.started),
            "redis": sorted_counts(commands),
        }

    def made(self, execution: str, simulation: str) -> Row:
        """What the run consisted of, and what it has left."""
        states = counters.transitions(self._aws("stepfunctions"), execution)
        kept = counters.stored(self._aws("s3"), self.state.outputs["BucketName"], simulation)
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
        return counters.aws(self.state.endpoint, service)


def count(measured: Stack, body: Row) -> Row:
    """One run."""
    counting = Count(measured)
    started = measured.start(body)
    simulation, execution = started["simulationId"], started["executionArn"]
    counting.wait(execution)
    seconds, asked = time.time() - counting.began, counting.asked()
    document = measured.api.get(f"/api/simulations/{simulation}").raise_for_status().json()
    objects = sum(measured.checked(document, body)["counts"].values())
    own = {"records": body["totalRecords"], "seconds": round(seconds, 1), "objects": objects}
    return own | asked | counting.made(execution, simulation)


def stats(measured: Stack) -> Row:
    """The portal's counters, which do not count who asks for them."""
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
        "hubspotCalls": _rounded(calls := _calls(one, pairs, backfill, live)),
        "redis": _commands(pairs, words, live),
        "coreMs": _cores(one, backfill, words, live, calls["run"]),
        "messagesPerWrite": {name: _merged(row) for name, row in rows.items()},
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


def _calls(one: Row, pairs: Row, backfill: Row, live: Row) -> dict[str, float]:
    """Of HubSpot: before the first batch, by batch, by wave of a few activities and by wave of all that a batch has."""
    batch = (pairs["hubspotCalls"] - one["hubspotCalls"]) / (pairs["batches"] - one["batches"])
    run = one["hubspotCalls"] - one["batches"] * batch

    def of_waves(row: Row) -> float:
        return float((row["hubspotCalls"] - run - row["batches"] * batch) / row["waves"])

    return {"run": run, "batch": batch, "wave": of_waves(live), "fullWave": of_waves(backfill)}


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


def _cores(one: Row, backfill: Row, words: Row, live: Row, planned: float) -> dict[str, float]:
    """Milliseconds of a core by unit, ``planned`` being the HubSpot calls of a plan, which are its own.

    A wave alone is a wave of the live run, which hardly holds an activity.
    """
    write = _core(backfill, "write-hubspot") / (backfill["hubspotCalls"] - planned)
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
            "stepReadAgain": (_core(live, "write-hubspot") - write * (live["hubspotCalls"] - planned)) / again,
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


def table(per: Row) -> str:
    """The units as ``docs/scale.md`` shows them."""
    s3, redis, cores, calls = per["s3"], per["redis"], per["coreMs"], per["hubspotCalls"]
    starts = {"run": RUN_TRANSITIONS + START_TRANSITIONS, "batch": BATCH_TRANSITIONS + START_TRANSITIONS}
    rows: dict[str, tuple[Any, ...]] = {
        "state transitions, with the start of an execution": (*starts.values(), WAVE_TRANSITIONS, "", "", ""),
        "messages": ("", 1, 1, "", "", ""),
        "S3 gets": (*(s3[unit]["gets"] for unit in ("run", "batch", "wave", "call")), "", ""),
        "S3 puts and lists": (*(s3[unit]["puts"] for unit in ("run", "batch", "wave", "call")), "", ""),
        "HubSpot calls": (calls["run"], calls["batch"], f"{calls['wave']:.2g} to {calls['fullWave']:.2g}", "", "", ""),
        "commands of Redis": (
            "",
            redis["step"],
            redis["step"],
            redis["modelCall"],
            redis["hubspotCall"],
            redis["record"],
        ),
        "milliseconds of a core": (
            *(cores[unit] for unit in ("run", "batch", "wave", "modelCall", "hubspotCall")),
            "",
        ),
    }
    lines = ["| | run | batch | wave | call to the model | HubSpot call | record |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(map(_cell, row))} |" for name, row in rows.items())])


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2g}"


def _merged(row: Row) -> float:
    messages, writes = int(row["batches"] + row["waves"]), int(row["functions"]["write-hubspot"]["invocations"])
    return round(messages / writes, 2)


def _kb(row: Row, name: str) -> float:
    size: float = row[name] if isinstance(row[name], int) else sum(row[name].values())
    return round(size / int(row["objects"]) / 1e3, 2)


def _rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.items()}
