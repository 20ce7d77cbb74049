"""What the ledger says, as the cache counts it: for the end of a run, and for when the cache has lost it."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from simcrm.cache import run_counters as counters
from simcrm.core.concurrency import side_by_side, windows
from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchEnds
from simcrm.storage.ledger import BatchFiles, Ledger
from simcrm.storage.ledger_entries import Tally
from simcrm.storage.run_totals import TOGETHER, BatchTotals, RunTotals, Totals
from simcrm.storage.simulation_files import Artifacts

OF_A_RECORD = {ObjectType.CONTACTS, ObjectType.COMPANIES}

MOST_ASKED = 1_000
"""Batches of which the reasons of refusals are read; of more of them as many, evenly chosen."""


def counters_of(tally: Tally) -> dict[str, int]:
    """Counters of what is written, what was refused, how far contacts came and how far the run is."""
    written = {counters.created(kind): count for kind, count in tally.written.items()}
    stages = {counters.stage_reached(stage): count for stage, count in tally.funnel.items()}
    return written | stages | {counters.REFUSED: tally.refused} | _progress(tally)


def _progress(tally: Tally) -> dict[str, int]:
    """What waits to be written is in no ledger: as if nothing did, so that what lies ahead is guessed from the rest."""
    records = tally.settled.get(ObjectType.CONTACTS, 0)
    activities = sum(count for kind, count in tally.settled.items() if kind not in OF_A_RECORD)
    return {
        counters.RECORDS_GENERATED: records,
        counters.RECORDS_SETTLED: len(OF_A_RECORD) * records,
        counters.ACTIVITIES_PLANNED: activities,
        counters.ACTIVITIES_SETTLED: activities,
    }


class Recount(NamedTuple):
    """All counters that a ledger knows, and how much was written when, in the buckets of a series."""

    counters: dict[str, int]
    buckets: Mapping[int, int]


def recount(artifacts: Artifacts) -> Recount:
    """The counters of a simulation by its totals, in as many requests for a large one as for a small one."""
    totals = Totals(artifacts).read()
    return Recount(counters_of(totals.tally), totals.buckets)


def reconciled(artifacts: Artifacts) -> RunTotals:
    """The totals of a run after a listing of the ledger has shown what is not counted, and that was counted.

    Ledger files are read only of batches whose ends were not kept.
    """
    kept = Totals(artifacts)
    totals, is_behind = kept.read(), False

    def counted(found: BatchFiles) -> tuple[int, BatchTotals]:
        known = totals.batches.get(found.batch)
        return found.batch, BatchTotals.of(Ledger(artifacts).ends(found, 0 if known is None else known.revision))

    behind = (found for found in Ledger(artifacts).batches() if not totals.has_counted(*found))
    for window in windows(side_by_side(counted, behind), TOGETHER):
        is_behind = True
        kept.count(dict(window), is_listed=True)
    return kept.read() if is_behind else totals


def commonest_reason(artifacts: Artifacts, totals: RunTotals) -> str | None:
    """The reason of most refusals, the first of them where several are equally common; None where there is none.

    Refusals that only follow from another one are left out.
    """
    refusing = [batch for batch, found in sorted(totals.batches.items()) if found.refused]
    asked = refusing[:: -(-len(refusing) // MOST_ASKED) or 1]
    counts: Counter[str] = Counter()
    for kept in side_by_side(lambda batch: artifacts.read(file_names.batch_ends(batch), BatchEnds), asked):
        counts.update({} if kept is None else kept.reasons)
    return next((reason for reason, _ in counts.most_common(1)), None)
