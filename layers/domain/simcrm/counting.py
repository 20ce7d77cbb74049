"""What the ledger says, as the cache counts it: for the end of a run, and for when the cache has lost it."""

from datetime import datetime
from typing import NamedTuple

from simcrm.cache import metrics as counters
from simcrm.cache.series import added, point
from simcrm.models.objects import ObjectType
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger, Tally

OF_A_RECORD = {ObjectType.CONTACTS, ObjectType.COMPANIES}


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
    buckets: dict[int, int]


def recount(artifacts: Artifacts, started: datetime) -> Recount:
    """Count a simulation's ledger; when something was written is told by the times of its files."""
    times = dict(artifacts.times(names.LEDGER))
    files = list(Ledger(artifacts).files(times))
    tally = Tally.of(entry for _, entries in files for entry in entries)
    kept = ((name, sum(entry.is_kept for entry in entries)) for name, entries in files)
    return Recount(counters_of(tally), added(point(count, started, times[name]) for name, count in kept))
