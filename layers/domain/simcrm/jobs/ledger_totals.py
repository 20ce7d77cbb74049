"""What the ledger says, as the cache counts it: for the end of a run, and for when the cache has lost it."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from simcrm.cache import run_counters as counters
from simcrm.core.concurrency import chunked_windows, map_concurrently
from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.ledger import BatchFiles, Ledger
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.run_totals import BATCHES_PER_WRITE, BatchTotals, RunTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles

PAIR_TYPES = {ObjectType.CONTACTS, ObjectType.COMPANIES}

MAX_BATCHES_READ = 1_000
"""Batches of which the reasons of refusals are read; of more of them as many, evenly chosen."""


def to_counters(totals: LedgerTotals) -> dict[str, int]:
    """Counters of what is written, what was refused, how far contacts came and how far the run is."""
    written = {counters.created_counter(kind): count for kind, count in totals.written.items()}
    stages = {counters.stage_counter(stage): count for stage, count in totals.funnel.items()}
    return written | stages | {counters.RECORDS_REFUSED: totals.refused} | _progress_counters(totals)


def _progress_counters(totals: LedgerTotals) -> dict[str, int]:
    """What waits to be written is in no ledger: as if nothing did, so that what lies ahead is guessed from the rest."""
    records = totals.settled.get(ObjectType.CONTACTS, 0)
    activities = sum(count for kind, count in totals.settled.items() if kind not in PAIR_TYPES)
    return {
        counters.RECORDS_GENERATED: records,
        counters.RECORDS_SETTLED: len(PAIR_TYPES) * records,
        counters.ACTIVITIES_PLANNED: activities,
        counters.ACTIVITIES_SETTLED: activities,
    }


class LedgerCounters(NamedTuple):
    """All counters that a ledger knows, and how much was written when, in the buckets of a series."""

    counters: dict[str, int]
    buckets: Mapping[int, int]


def count_ledger(simulation_files: SimulationFiles) -> LedgerCounters:
    """The counters of a simulation by its totals, in as many requests for a large one as for a small one."""
    totals = TotalsStore(simulation_files).read()
    return LedgerCounters(to_counters(totals.ledger_totals), totals.buckets)


def reconcile_totals(artifacts: SimulationFiles) -> RunTotals:
    """The totals of a run after a listing of the ledger has shown what is not counted, and that was counted.

    Ledger files are read only of batches whose ends were not kept.
    """
    kept = TotalsStore(artifacts)
    totals, is_behind = kept.read(), False

    def counted(found: BatchFiles) -> tuple[int, BatchTotals]:
        known = totals.batches.get(found.batch)
        return found.batch, BatchTotals.from_document(
            Ledger(artifacts).build_document(found, 0 if known is None else known.revision)
        )

    behind = (found for found in Ledger(artifacts).batches() if not totals.has_counted(*found))
    for window in chunked_windows(map_concurrently(counted, behind), BATCHES_PER_WRITE):
        is_behind = True
        kept.update(dict(window), is_listed=True)
    return kept.read() if is_behind else totals


def most_common_reason(artifacts: SimulationFiles, totals: RunTotals) -> str | None:
    """The reason of most refusals, the first of them where several are equally common; None where there is none.

    Refusals that only follow from another one are left out.
    """
    refusing = [batch for batch, found in sorted(totals.batches.items()) if found.refused]
    asked = refusing[:: -(-len(refusing) // MAX_BATCHES_READ) or 1]
    counts: Counter[str] = Counter()
    for kept in map_concurrently(
        lambda batch: artifacts.read(file_names.batch_document_file(batch), BatchDocument), asked
    ):
        counts.update({} if kept is None else kept.reasons)
    return next((reason for reason, _ in counts.most_common(1)), None)
