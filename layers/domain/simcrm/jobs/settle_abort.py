"""Settle an abort: add a ledger entry for every planned object that was not written.

Writers that were in the middle of a call record their own steps in the ledger; settling waits until the last of them
must have finished. A batch that has begun has its rows stored; for the others the histories of their accounts tell
which objects they would have had, without their texts.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from simcrm.core.concurrency import chunked_windows, map_concurrently
from simcrm.core.json_types import JsonObject
from simcrm.core.log import log_event
from simcrm.jobs.ledger_totals import reconcile_totals
from simcrm.models.crm_objects import ObjectType, RecordKey
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch, read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import read_abort_marker
from simcrm.storage.batch_history import read_history
from simcrm.storage.ledger import BatchFiles, Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.run_status import RunState, RunStatus, read_status, write_status
from simcrm.storage.run_totals import BATCHES_PER_WRITE, BatchTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles

BATCH_WINDOW = 32
"""Number of batches processed between two checks of the function's remaining time."""

STEP_SECONDS = 60.0
"""Maximum length of a single sleep in seconds, so that the function's remaining time is checked in between."""


@dataclass(frozen=True, slots=True)
class AbortSettlement:
    """One aborted simulation.

    ``is_out_of_time`` tells whether the function is about to time out; ``sleep`` sleeps for a number of seconds.
    """

    files: SimulationFiles
    is_out_of_time: Callable[[], bool]
    sleep: Callable[[float], None]
    writer_seconds: float

    def run(self, now: datetime) -> bool:
        """Wait for the last writer, then record what is left; return whether all is done.

        If not, running again continues from there.
        """
        abort = read_abort_marker(self.files)
        if abort is None:
            return True
        wait = (abort.at + timedelta(seconds=self.writer_seconds) - now).total_seconds()
        if wait > 0:
            self.sleep(min(wait, STEP_SECONDS))
            if wait > STEP_SECONDS:
                return False
        if not self._ledger_all():
            return False
        self._record_end(max(now, abort.at))
        return True

    def _ledger_all(self) -> bool:
        """Record all unsettled batches; return whether every batch is now in the ledger."""
        batches = read_batches(self.files)
        if not batches:
            return True
        histories = AccountHistories.from_plan(read_plan(self.files))
        totals, left, is_over = TotalsStore(self.files), dict[int, BatchTotals](), False
        for window in chunked_windows(self._open(batches), BATCH_WINDOW):
            if is_over := self.is_out_of_time():
                break
            ended = map_concurrently(lambda item: self._write_aborted(histories, *item), window)
            left |= {batch: counted for batch, counted in ended if counted is not None}
            if len(left) >= BATCHES_PER_WRITE:
                totals.update(left)
                left = {}
        totals.update(left)
        return not is_over

    def _open(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, BatchFiles]]:
        """Yield the batches that are not settled in the ledger yet, with the ledger files they already have."""
        listed = Ledger(self.files).batches()
        found = next(listed, None)
        for batch in batches:
            while found is not None and found.batch < batch.number:
                found = next(listed, None)
            is_same = found is not None and found.batch == batch.number
            files = found if found is not None and is_same else BatchFiles(batch.number, {})
            if file_names.ABORTED_STEP not in files.files:
                yield batch, files

    def _write_aborted(
        self, histories: AccountHistories, batch: Batch, files: BatchFiles
    ) -> tuple[int, BatchTotals | None]:
        """Record the unwritten objects of a batch; return its totals, or None if nothing is left."""
        ledger = Ledger(self.files)
        known = ledger.build_document(files).objects
        planned = {str(key): key for key in planned_keys(self.files, histories, batch)}
        unwritten = [key for name, key in planned.items() if name.partition(":")[2] not in known]
        if not unwritten:
            return batch.number, None
        return batch.number, BatchTotals.from_document(
            ledger.write_aborted(batch.number, map(_aborted_entry, unwritten))
        )

    def _record_end(self, now: datetime) -> None:
        """Record the final status; a run that recorded another final state before the abort keeps it."""
        status, totals = read_status(self.files), reconcile_totals(self.files).ledger_totals
        if status is None or (status.status.is_final and status.status is not RunState.ABORTED):
            return
        counted = {"counts": totals.written, "failed": totals.refused, "aborted": totals.aborted}
        counted |= {"skipped": totals.skipped}
        ended = {"status": RunState.ABORTED, "ended_at": status.ended_at or now, "error": None}
        write_status(self.files, RunStatus.model_validate(status.model_dump() | counted | ended))
        log_event(
            "SIMULATION_ABORTED",
            "unwritten objects are in the ledger",
            simulationId=self.files.simulation_id,
            written=sum(totals.written.values()),
            aborted=totals.aborted,
        )


def planned_keys(files: SimulationFiles, histories: AccountHistories, batch: Batch) -> Iterator[RecordKey]:
    """Yield the keys of the objects in all steps of a batch; some occur more than once."""
    stored, plan = read_history(files, batch.number), histories.plan
    keys = (
        _keys_of_histories(histories, batch)
        if stored is None
        else (key for row in stored.all_rows() for key in _keys_of_row(plan.simulation_id, row))
    )
    return (key for key in keys if key.object_type not in plan.omitted_types)


def _keys_of_row(simulation_id: str, row: JsonObject) -> Iterator[RecordKey]:
    if "type" not in row:
        yield RecordKey(simulation_id, ObjectType.COMPANIES, row["companyIndex"])
    if row.get("type", ObjectType.CONTACTS) == ObjectType.CONTACTS:
        yield RecordKey(simulation_id, ObjectType.CONTACTS, row["index"])
    else:
        yield RecordKey(simulation_id, ObjectType(row["type"]), row["index"], row["ordinal"])


def _keys_of_histories(histories: AccountHistories, batch: Batch) -> Iterator[RecordKey]:
    simulation_id = histories.plan.simulation_id
    for index in batch.indexes:
        yield RecordKey(simulation_id, ObjectType.COMPANIES, histories.company_index(index))
        yield RecordKey(simulation_id, ObjectType.CONTACTS, index)
        for event in histories.events(index):
            if event.object_type is not ObjectType.CONTACTS:
                yield RecordKey(simulation_id, event.object_type, index, event.ordinal)


def _aborted_entry(key: RecordKey) -> LedgerEntry:
    return LedgerEntry(key=str(key), object_type=key.object_type, outcome=LedgerOutcome.ABORTED)
