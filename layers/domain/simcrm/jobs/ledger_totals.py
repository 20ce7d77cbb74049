"""Convert the ledger's totals to the cache's counters, at the end of a run and if the cache has lost them."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from simcrm.cache import run_counters as counters
from simcrm.core.concurrency import chunked_windows, map_concurrently
from simcrm.models.crm_objects import ACTIVITY_TYPES, ObjectType
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.ledger import BatchFiles, Ledger
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.run_totals import BATCHES_PER_WRITE, BatchTotals, RunTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles

PAIR_TYPES = {ObjectType.CONTACTS, ObjectType.COMPANIES}

MAX_BATCHES_READ = 1_000
"""Maximum number of batches whose refusal reasons are read; if there are more, an evenly spaced sample is read."""


def to_counters(totals: LedgerTotals) -> dict[str, int]:
    """Return counters for written objects, refused objects, contact stages, and the progress of the run."""
    written = {counters.created_counter(kind): count for kind, count in totals.written.items()}
    stages = {counters.stage_counter(stage): count for stage, count in totals.funnel.items()}
    left = {counters.RECORDS_REFUSED: totals.refused, counters.PROPERTIES_SKIPPED: totals.skipped}
    return written | stages | left | _progress_counters(totals)


def _progress_counters(totals: LedgerTotals) -> dict[str, int]:
    """Return progress counters as if nothing were queued, because the ledger does not know what is.

    The remaining work is then estimated from the rest.
    """
    records = totals.settled.get(ObjectType.CONTACTS, 0)
    activities = sum(count for kind, count in totals.settled.items() if kind in ACTIVITY_TYPES)
    return {
        counters.RECORDS_GENERATED: records,
        counters.RECORDS_SETTLED: len(PAIR_TYPES) * records,
        counters.ACTIVITIES_PLANNED: activities,
        counters.ACTIVITIES_SETTLED: activities,
    }


class LedgerCounters(NamedTuple):
    """All counters that can be derived from a ledger, and the throughput buckets."""

    counters: dict[str, int]
    buckets: Mapping[int, int]


def count_ledger(simulation_files: SimulationFiles) -> LedgerCounters:
    """Derive a simulation's counters from its totals; the number of requests does not depend on its size."""
    totals = TotalsStore(simulation_files).read()
    return LedgerCounters(to_counters(totals.ledger_totals), totals.buckets)


def reconcile_totals(files: SimulationFiles) -> RunTotals:
    """List the ledger, count whatever is not counted yet, and return the totals of the run.

    Ledger files are read only for batches whose document is missing or out of date.
    """
    kept = TotalsStore(files)
    totals, is_behind = kept.read(), False

    def count_batch(found: BatchFiles) -> tuple[int, BatchTotals]:
        known = totals.batches.get(found.batch)
        return found.batch, BatchTotals.from_document(
            Ledger(files).build_document(found, 0 if known is None else known.revision)
        )

    behind = (found for found in Ledger(files).batches() if not totals.has_counted(*found))
    for window in chunked_windows(map_concurrently(count_batch, behind), BATCHES_PER_WRITE):
        is_behind = True
        kept.update(dict(window), is_listed=True)
    return kept.read() if is_behind else totals


def most_common_reason(files: SimulationFiles, totals: RunTotals) -> str | None:
    """Return the most common refusal reason, the first one on a tie, or None if there is none.

    Refusals that merely follow from another one are ignored.
    """
    refusing = [batch for batch, found in sorted(totals.batches.items()) if found.refused_count]
    asked = refusing[:: -(-len(refusing) // MAX_BATCHES_READ) or 1]
    counts: Counter[str] = Counter()
    for kept in map_concurrently(lambda batch: files.read(file_names.batch_document_file(batch), BatchDocument), asked):
        counts.update({} if kept is None else kept.reasons)
    return next((reason for reason, _ in counts.most_common(1)), None)
