"""Unfinished work of a run: batches that failed or never ran, and how many of their objects have no outcome."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from simcrm.core.concurrency import map_concurrently
from simcrm.jobs.failure_causes import failed_batches
from simcrm.planning.batches import Batch, read_batches
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.run_status import RunStatus
from simcrm.storage.run_totals import RunTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles

MAX_COUNTED = 1_000
"""Maximum number of batches whose objects are counted individually; each may simulate the histories of its accounts."""


def has_unfinished_batches(files: SimulationFiles, status: RunStatus) -> bool:
    """Whether a completed run has batches that failed or never started."""
    if status.missing or failed_batches(files, status.attempt):
        return True
    return next(_batches_not_begun(read_batches(files), TotalsStore(files).read()), None) is not None


def _batches_not_begun(batches: Sequence[Batch], totals: RunTotals) -> Iterator[int]:
    begun = {number for number, found in totals.batches.items() if found.has_contacts}
    yield from (batch.number for batch in batches if batch.number not in begun)


def _batches_not_written(files: SimulationFiles, totals: RunTotals) -> Iterator[int]:
    """Yield batches with more generated waves than settled ones."""
    for batch, found in groupby(files.list_names(file_names.ACTIVITIES), file_names.batch_from_activities_file):
        known, waves = totals.batches.get(batch), sum(1 for _ in found)
        if known is None or known.waves < waves:
            yield batch


def count_missing(files: SimulationFiles, totals: RunTotals, attempt: int, *, stopped: bool) -> int:
    """Count the planned objects that have no entry in the ledger; ``totals`` are the ledger's totals.

    If the run was ``stopped``, any batch may be incomplete; otherwise only batches that failed, never started, or were
    not fully written. The result is an estimate if more than ``MAX_COUNTED`` batches have to be checked.
    """
    batches = read_batches(files)
    unfinished = {
        *_batches_not_begun(batches, totals),
        *_batches_not_written(files, totals),
        *failed_batches(files, attempt),
    }
    to_count = [batch for batch in batches if stopped or batch.number in unfinished]
    step = -(-len(to_count) // MAX_COUNTED) or 1
    looked_at = to_count[::step]
    if not looked_at:
        return 0
    records, counted = (sum(batch.count for batch in some) for some in (to_count, looked_at))
    return round(_count_missing_objects(files, looked_at) * records / counted)


def _count_missing_objects(files: SimulationFiles, batches: list[Batch]) -> int:
    # Importing the generator is slow, and most runs leave nothing unfinished.
    from simcrm.jobs.settle_abort import planned_keys  # noqa: PLC0415
    from simcrm.planning.account_histories import AccountHistories  # noqa: PLC0415
    from simcrm.planning.plan_document import read_plan  # noqa: PLC0415

    histories, missing, companies = AccountHistories.from_plan(read_plan(files)), 0, set[str]()
    known = map_concurrently(lambda batch: _known_keys(files, batch.number), batches)
    for batch, found in zip(batches, known, strict=True):
        left = {str(key).partition(":")[2] for key in planned_keys(files, histories, batch)} - found - companies
        missing += len(left)
        companies |= {key for key in left if key.startswith("company:")}
    return missing


def _known_keys(files: SimulationFiles, batch: int) -> set[str]:
    """Return the keys of objects with an outcome in a batch or in a neighboring one, which may share its companies."""
    kept = (
        files.read(file_names.batch_document_file(number), BatchDocument)
        for number in (batch - 1, batch, batch + 1)
        if number >= 0
    )
    return {key for ends in kept if ends is not None for key in ends.objects}
