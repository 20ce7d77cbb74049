"""What a run has left open: batches that failed or never ran, and how many objects of theirs have no end."""

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
"""Batches whose objects are counted one by one: each life has to be drawn anew for it."""


def has_unfinished_batches(files: SimulationFiles, status: RunStatus) -> bool:
    """Whether batches of a run that came to its end are not settled, because they have failed."""
    if status.missing or failed_batches(files, status.attempt):
        return True
    return next(_batches_not_begun(read_batches(files), TotalsStore(files).read()), None) is not None


def _batches_not_begun(batches: Sequence[Batch], totals: RunTotals) -> Iterator[int]:
    begun = {number for number, found in totals.batches.items() if found.has_contacts}
    yield from (batch.number for batch in batches if batch.number not in begun)


def _batches_not_written(artifacts: SimulationFiles, totals: RunTotals) -> Iterator[int]:
    """Batches of which more waves were generated than are settled."""
    for batch, found in groupby(artifacts.list_names(file_names.ACTIVITIES), file_names.batch_from_activities_file):
        known, waves = totals.batches.get(batch), sum(1 for _ in found)
        if known is None or known.waves < waves:
            yield batch


def count_missing(files: SimulationFiles, totals: RunTotals, attempt: int, *, stopped: bool) -> int:
    """Planned objects that have no entry in the ledger, of which ``totals`` are the totals.

    Of a run that was ``stopped`` any batch may be half done, of another one those that failed, were not begun or were
    not written to their end. Where more than ``MAX_COUNTED`` batches have to be looked at it is an estimate.
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
    # Drawing lives takes long to import, and most runs leave nothing open.
    from simcrm.generation.batch_generator import BatchGenerator  # noqa: PLC0415
    from simcrm.jobs.settle_abort import planned_keys  # noqa: PLC0415
    from simcrm.planning.plan_document import read_plan  # noqa: PLC0415

    generator, missing, companies = BatchGenerator.from_plan(read_plan(files)), 0, set[str]()
    known = map_concurrently(lambda batch: _known_keys(files, batch.number), batches)
    for batch, found in zip(batches, known, strict=True):
        left = {str(key).partition(":")[2] for key in planned_keys(generator, batch)} - found - companies
        missing += len(left)
        companies |= {key for key in left if key.startswith("company:")}
    return missing


def _known_keys(artifacts: SimulationFiles, batch: int) -> set[str]:
    """What has an end in a batch, and the companies that have one in a batch beside it."""
    kept = (
        artifacts.read(file_names.batch_document_file(number), BatchDocument)
        for number in (batch - 1, batch, batch + 1)
        if number >= 0
    )
    return {key for ends in kept if ends is not None for key in ends.objects}
