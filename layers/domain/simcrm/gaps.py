"""What a run has left open: batches that failed or never ran, and how many objects of theirs have no end."""

from collections.abc import Iterator

from simcrm.causes import failed_batches
from simcrm.plan.batches import Batch, read_batches
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger
from simcrm.storage.status import read_status

MOST_COUNTED = 1_000
"""Batches whose objects are counted one by one: each life has to be drawn anew for it."""


def has_gaps(artifacts: Artifacts) -> bool:
    """Whether batches of a run that came to its end are not settled, because they have failed."""
    status = read_status(artifacts)
    attempt = 1 if status is None else status.attempt
    return next(_open_numbers(artifacts, read_batches(artifacts), attempt), None) is not None


def _open_numbers(artifacts: Artifacts, batches: list[Batch], attempt: int) -> Iterator[int]:
    """Batches that were not begun, whose generated activities were not written, or that have failed."""
    settled = set(artifacts.names(names.LEDGER))
    yield from (batch.number for batch in batches if names.ledger(batch.number, names.CONTACTS_STEP) not in settled)
    written = names.ledgers_of_activities(artifacts.names(names.ACTIVITIES))
    yield from (names.batch_of_ledger(name) for name in written if name not in settled)
    yield from failed_batches(artifacts, attempt)


def count_missing(artifacts: Artifacts, attempt: int, *, stopped: bool) -> int:
    """Planned objects that have no entry in the ledger.

    Of a run that was ``stopped`` any batch may be half done, of another one those that failed. Where more than
    ``MOST_COUNTED`` batches have to be looked at it is an estimate.
    """
    batches = read_batches(artifacts)
    found = set(_open_numbers(artifacts, batches, attempt))
    wanted = [batch for batch in batches if stopped or batch.number in found]
    step = -(-len(wanted) // MOST_COUNTED) or 1
    looked_at = wanted[::step]
    if not looked_at:
        return 0
    records, counted = (sum(batch.count for batch in some) for some in (wanted, looked_at))
    return round(_missing(artifacts, looked_at) * records / counted)


def _missing(artifacts: Artifacts, batches: list[Batch]) -> int:
    # Drawing lives takes long to import, and most runs leave nothing open.
    from simcrm.generating import BatchGenerator  # noqa: PLC0415
    from simcrm.maintenance.aftermath import planned_keys  # noqa: PLC0415
    from simcrm.plan.simulation_plan import read_plan  # noqa: PLC0415

    maker, ledger = BatchGenerator.of(read_plan(artifacts)), Ledger(artifacts)
    planned = {str(key) for batch in batches for key in planned_keys(maker, batch)}
    # Batches beside each other may share a company.
    near = {batch.number + beside for batch in batches for beside in (-1, 0, 1)}
    known = {entry.key for number in near if number >= 0 for entry in ledger.batch(number)}
    return len(planned - known)
