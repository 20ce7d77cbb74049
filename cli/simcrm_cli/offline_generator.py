"""Records without a stack: what a backfill with the same seed and dates would write."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simcrm.generation.batch_generator import BatchGenerator
from simcrm.models.deal_pipeline import DEFAULT_PIPELINE
from simcrm.models.simulation_input import parse_simulation
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import resolve

ACTIVITY_TYPES = ("deals", "notes", "calls", "tasks", "tickets")
BACKFILL = timedelta(days=90)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: the input of a simulation's generator, and packs of the user's own.

    ``as_of`` is an aware time, the end of the days in which the records arrive; ``locales`` are weights.
    """

    pairs: int
    seed: str
    scenario: str
    as_of: datetime
    activities: bool = True
    locales: Mapping[str, float] = field(default_factory=dict)
    packs: tuple[str, ...] = ()
    contacts_per_company: int = 1
    domain_suffix: str | None = None
    undeliverable: bool = False


def generator_of(wanted: Wanted) -> BatchGenerator:
    """The generator of a simulation of the days before ``as_of``.

    Raises:
        InvalidSimulationError: an argument is no input of a simulation.
        GenerationError: there is no such scenario, locale or pack, or a pack is none.
    """
    request: dict[str, Any] = {
        "totalRecords": wanted.pairs,
        "scenario": wanted.scenario,
        "startTime": (wanted.as_of - BACKFILL).isoformat(),
        "endTime": wanted.as_of.isoformat(),
        "timeScale": 0,
        "seed": wanted.seed,
        "activities": {"enabled": wanted.activities},
        "contactsPerCompany": wanted.contacts_per_company,
        "undeliverable": wanted.undeliverable,
    }
    request |= {"locales": dict(wanted.locales)} if wanted.locales else {}
    request |= {"domainSuffix": wanted.domain_suffix} if wanted.domain_suffix else {}
    plan = resolve("generate", parse_simulation(request), wanted.as_of, DEFAULT_PIPELINE, ())
    return BatchGenerator.of(plan, wanted.packs)


def to_line(record: Record) -> str:
    """One line of JSON, the same bytes for the same record."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def records_of(maker: BatchGenerator, batch: Batch) -> Iterator[Record]:
    """The records of one batch."""
    found: dict[int, Record] = {}
    for row in maker.pairs(batch):
        lists: dict[str, list[Any]] = {name: [] for name in ACTIVITY_TYPES}
        found[row["index"]] = {"contact": row["contact"], "company": row["company"], **lists}
    for wave in maker.waves(batch):
        for row in sorted(maker.activities(wave), key=lambda row: (row["index"], row["type"], row["ordinal"])):
            found[row["index"]][str(row["type"])].append(row["properties"])
    yield from found.values()
