"""What a run has left open: batches that failed or never ran, and how many objects of theirs have no end."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from simcrm.core.concurrency import side_by_side
from simcrm.jobs.failure_causes import failed_batches
from simcrm.planning.batches import Batch, read_batches
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchEnds
from simcrm.storage.run_status import Status
from simcrm.storage.run_totals import RunTotals, Totals
from simcrm.storage.simulation_files import Artifacts

MOST_COUNTED = 1_000
"""Batches whose objects are counted one by one: each life has to be drawn anew for it."""


def has_gaps(artifacts: Artifacts, status: Status) -> bool:
    """Whether batches of a run that came to its end are not settled, because they have failed."""
    if status.missing or failed_batches(artifacts, status.attempt):
        return True
    return next(_not_begun(read_batches(artifacts), Totals(artifacts).read()), None) is not None


def _not_begun(batches: Sequence[Batch], totals: RunTotals) -> Iterator[int]:
    begun = {number for number, found in totals.batches.items() if found.has_contacts}
    yield from (batch.number for batch in batches if batch.number not in begun)


def _not_written(artifacts: Artifacts, totals: RunTotals) -> Iterator[int]:
    """Batches of which more waves were generated than are settled."""
    for batch, found in groupby(artifacts.names(file_names.ACTIVITIES), file_names.batch_of_activities):
        known, waves = totals.batches.get(batch), sum(1 for _ in found)
        if known is None or known.waves < waves:
            yield batch


def count_missing(artifacts: Artifacts, totals: RunTotals, attempt: int, *, stopped: bool) -> int:
    """Planned objects that have no entry in the ledger, of which ``totals`` are the totals.

    Of a run that was ``stopped`` any batch may be half done, of another one those that failed, were not begun or were
    not written to their end. Where more than ``MOST_COUNTED`` batches have to be looked at it is an estimate.
    """
    batches = read_batches(artifacts)
    found = {*_not_begun(batches, totals), *_not_written(artifacts, totals), *failed_batches(artifacts, attempt)}
    wanted = [batch for batch in batches if stopped or batch.number in found]
    step = -(-len(wanted) // MOST_COUNTED) or 1
    looked_at = wanted[::step]
    if not looked_at:
        return 0
    records, counted = (sum(batch.count for batch in some) for some in (wanted, looked_at))
    return round(_missing(artifacts, looked_at) * records / counted)


def _missing(artifacts: Artifacts, batches: list[Batch]) -> int:
    # Drawing lives takes long to import, and most runs leave nothing open.
    from simcrm.generation.batch_generator import BatchGenerator  # noqa: PLC0415
    from simcrm.jobs.settle_abort import planned_keys  # noqa: PLC0415
    from simcrm.planning.plan_document import read_plan  # noqa: PLC0415

    maker, missing, companies = BatchGenerator.of(read_plan(artifacts)), 0, set[str]()
    known = side_by_side(lambda batch: _known_keys(artifacts, batch.number), batches)
    for batch, found in zip(batches, known, strict=True):
        left = {str(key).partition(":")[2] for key in planned_keys(maker, batch)} - found - companies
        missing += len(left)
        companies |= {key for key in left if key.startswith("company:")}
    return missing


def _known_keys(artifacts: Artifacts, batch: int) -> set[str]:
    """What has an end in a batch, and the companies that have one in a batch beside it."""
    kept = (
        artifacts.read(file_names.batch_ends(number), BatchEnds)
        for number in (batch - 1, batch, batch + 1)
        if number >= 0
    )
    return {key for ends in kept if ends is not None for key in ends.objects}
