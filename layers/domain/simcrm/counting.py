"""What the ledger says, as the cache counts it: for the end of a run, and for when the cache has lost it."""

from datetime import datetime

from simcrm.cache import metrics as counters
from simcrm.cache.series import added, point
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger, Tally


def counters_of(tally: Tally) -> dict[str, int]:
    """Counters of what is written, what was refused and how far contacts came."""
    written = {counters.created(kind): count for kind, count in tally.written.items()}
    stages = {counters.stage_reached(stage): count for stage, count in tally.funnel.items()}
    return written | stages | {counters.REFUSED: tally.refused}


def buckets_of(artifacts: Artifacts, started: datetime) -> dict[int, int]:
    """How much was written when, by the times of the ledger's files."""
    times = dict(artifacts.times(names.LEDGER))
    kept = {name: sum(entry.is_kept for entry in entries) for name, entries in Ledger(artifacts).files(times)}
    return added(point(count, started, times[name]) for name, count in kept.items())
