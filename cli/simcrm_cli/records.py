"""Records as lines of JSON, without a stack: what a backfill with the same seed and dates would write."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from simcrm.generating import BatchGenerator
from simcrm.lifecycle import DEFAULT_PIPELINE
from simcrm.models.simulation import parse_simulation
from simcrm.plan.batches import Batch, plan_batches
from simcrm.plan.simulation_plan import resolve

ACTIVITY_TYPES = ("deals", "notes", "calls", "tasks", "tickets")
BACKFILL = timedelta(days=90)
Record = dict[str, Any]


def generator_of(pairs: int, seed: str, scenario: str, as_of: datetime, *, activities: bool) -> BatchGenerator:
    """The generator of a simulation of the days before ``as_of``, an aware time.

    Raises:
        InvalidSimulationError: an argument is no input of a simulation.
        GenerationError: there is no such scenario.
    """
    request = {
        "totalRecords": pairs,
        "scenario": scenario,
        "startTime": (as_of - BACKFILL).isoformat(),
        "endTime": as_of.isoformat(),
        "timeScale": 0,
        "seed": seed,
        "activities": {"enabled": activities},
    }
    return BatchGenerator.of(resolve("generate", parse_simulation(request), as_of, DEFAULT_PIPELINE, ()))


def records(maker: BatchGenerator) -> Iterator[Record]:
    """Each record with its activities by object type, in the order of the index; a batch at a time is in memory."""
    for batch in plan_batches(maker.plan.arrivals, maker.plan.pace):
        yield from _records_of(maker, batch)


def to_line(record: Record) -> str:
    """One line of JSON, the same bytes for the same record."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def _records_of(maker: BatchGenerator, batch: Batch) -> Iterator[Record]:
    found: dict[int, Record] = {}
    for row in maker.pairs(batch):
        lists: dict[str, list[Any]] = {name: [] for name in ACTIVITY_TYPES}
        found[row["index"]] = {"contact": row["contact"], "company": row["company"], **lists}
    for wave in maker.waves(batch):
        for row in sorted(maker.activities(wave), key=lambda row: (row["index"], row["type"], row["ordinal"])):
            found[row["index"]][str(row["type"])].append(row["properties"])
    yield from found.values()
