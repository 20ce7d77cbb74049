"""What a unit of work asks of AWS, from runs that differ by one thing."""

from collections.abc import Mapping
from typing import Any

from simcrm.preview.aws_cost import BATCH_TRANSITIONS, RUN_TRANSITIONS, START_TRANSITIONS, WAVE_TRANSITIONS

Row = dict[str, Any]
NAMES = ("one", "pairs", "backfill", "words", "live")
"""The runs, as ``counted.py`` describes them."""

KINDS = {"gets": {"GetObject"}, "puts": {"PutObject", "CreateMultipartUpload", "ListObjects"}}
"""S3 requests by price: a list costs what a put costs."""

CLAIMS = {"get", "set", "sadd"}
LIMITER = {"evalsha", "hget", "hset", "pexpire", "time", "zadd", "zcard", "zremrangebyscore", "zscore"}
"""Commands of Redis by what they are for, where no model is asked; the others are counters."""


CATALOGUE = {"gets": 5, "puts": 4}
"""What a run with activities asks for once: its products, and plan, ledger, document and totals of their step."""


def units(rows: Mapping[str, Row]) -> Row:
    """What each unit asks for: the difference between runs, shared by the units that make it.

    A run is one with activities, and a wave is one with line items, which looks up the products in the ledger.
    """
    one, pairs, backfill, words, live = (rows[name] for name in NAMES)
    more, catalogues = pairs["batches"] - one["batches"], _steps_of_runs(backfill)
    batch = {kind: (_all(pairs, kind) - _all(one, kind)) / more for kind in KINDS}
    alone = {kind: _all(one, kind) - one["batches"] * batch[kind] for kind in KINDS}
    run = {kind: alone[kind] + catalogues * CATALOGUE[kind] for kind in KINDS}
    wave = {kind: _rest(backfill, kind, run, batch) / backfill["waves"] for kind in KINDS}
    call = {kind: _rest(words, kind, run, batch, wave) / words["modelCalls"] for kind in KINDS}
    return {
        "s3": {name: _round(unit) for name, unit in (("run", run), ("batch", batch), ("wave", wave), ("call", call))},
        "liveGets": {
            "counted": _all(live, "gets"),
            "unexpected": round(_rest(live, "gets", run, batch, wave) + _spared_look_ups(live, backfill)),
        },
        "hubspotCalls": _round(calls := _calls(one, pairs, backfill, live)),
        "redis": _commands(pairs, words, live),
        "coreMs": _cores(rows, calls["run"]),
        "messagesPerWrite": {name: _merge(row) for name, row in rows.items()},
        "objectKb": {"stored": _kb(words, "storedBytes"), "sent": _kb(backfill, "hubspotBytes")},
        "modelCallKb": round(words["modelBytes"] / words["modelCalls"] / 1e3, 2),
        "logKb": _logs(backfill, words),
    }


def _rest(row: Row, kind: str, run: Row, batch: Row, wave: Row | None = None) -> float:
    """What a run asked for beyond what these explain."""
    found = float(_all(row, kind) - run[kind] - row["batches"] * batch[kind])
    return found - (row["waves"] * wave[kind] if wave else 0)


def _steps_of_runs(row: Row) -> int:
    """The steps of a run that belong to no batch: the catalogue, if it has one."""
    return int(row["steps"] - row["batches"] - row["waves"])


def _spared_look_ups(live: Row, backfill: Row) -> float:
    """How often a run looked up products less than if its waves had line items as often as those of a backfill."""
    usual, own = (row["requests"]["GetObject ledger"] - row["steps"] for row in (backfill, live))
    return float(usual / backfill["waves"] * live["waves"] - own)


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
    return _round({"record": record, "hubspotCall": call, "step": step, "modelCall": model})


def _some(row: Row, names: set[str]) -> int:
    return sum(count for name, count in row["redis"].items() if name in names)


def _cores(rows: Mapping[str, Row], planned: float) -> dict[str, float]:
    """Milliseconds of a core by unit, ``planned`` being the HubSpot calls of a plan, which are its own.

    A wave alone is a wave of the live run, which hardly holds an activity. What a backfill has beyond as many pairs
    are its activities.
    """
    one, pairs, backfill, words, live = (rows[name] for name in NAMES)
    write = _core(backfill, "write-hubspot") / (backfill["hubspotCalls"] - planned)
    batch, wave = (
        _core(backfill, "generate-contact") / backfill["batches"],
        _core(live, "generate-activity") / live["waves"],
    )
    activities = backfill["objects"] - pairs["objects"] / pairs["records"] * backfill["records"]
    return _round(
        {
            "run": _core(one, "plan-simulation") + _core(one, "finish-simulation"),
            "batch": batch,
            "wave": wave,
            "activity": (_core(backfill, "generate-activity") - wave * backfill["waves"]) / activities,
            "modelCall": (_core(words, "generate-contact") - batch * words["batches"]) / words["modelCalls"],
            "hubspotCall": write,
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
    return _round(
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


def _merge(row: Row) -> float:
    messages, writes = int(row["batches"] + row["waves"]), int(row["functions"]["write-hubspot"]["invocations"])
    return round(messages / writes, 2)


def _kb(row: Row, name: str) -> float:
    size: float = row[name] if isinstance(row[name], int) else sum(row[name].values())
    return round(size / int(row["objects"]) / 1e3, 2)


def _round(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.items()}
