"""What an abort leaves: every planned object that was not written gets its entry in the ledger.

Writers that were in the middle of a call keep the ledger of their steps themselves; this waits until the last of them
must have ended. Objects are named by the plan alone, so nothing has to be generated for it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from simcrm import log
from simcrm.aws import LEDGER_READERS
from simcrm.generating import BatchGenerator
from simcrm.models.objects import ObjectType, RecordKey
from simcrm.plan.batches import Batch
from simcrm.plan.simulation_plan import read_plan
from simcrm.storage import names
from simcrm.storage.aborts import read_abort
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger, LedgerEntry, Outcome, Tally
from simcrm.storage.status import State, Status, read_status, write_status

SLICE_SECONDS = 60.0
"""The longest single pause, so that a function's time is looked at between two."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """One aborted simulation; ``is_over`` tells that the function's time is, ``pause`` sleeps for seconds."""

    artifacts: Artifacts
    is_over: Callable[[], bool]
    pause: Callable[[float], None]
    writer_seconds: float

    def run(self, now: datetime) -> bool:
        """Wait for the last writer, then ledger what is left; whether all is done. Running again goes on."""
        abort = read_abort(self.artifacts)
        if abort is None:
            return True
        wait = (abort.at + timedelta(seconds=self.writer_seconds) - now).total_seconds()
        if wait > 0:
            self.pause(min(wait, SLICE_SECONDS))
            if wait > SLICE_SECONDS:
                return False
        if not self._ledger_all():
            return False
        self._record(max(now, abort.at))
        return True

    def _ledger_all(self) -> bool:
        """Whether every batch is in the ledger now."""
        rows = self.artifacts.read_lines(names.BATCHES)
        if rows is None:
            return True
        maker, done = BatchGenerator.of(read_plan(self.artifacts)), set(self.artifacts.names(names.LEDGER))
        open_batches = [Batch.from_row(row) for row in rows if names.aborted_ledger(row["batch"]) not in done]
        with ThreadPoolExecutor(LEDGER_READERS) as pool:
            for start in range(0, len(open_batches), LEDGER_READERS):
                if self.is_over():
                    return False
                list(pool.map(lambda batch: self._abandon(maker, batch), open_batches[start : start + LEDGER_READERS]))
        return True

    def _abandon(self, maker: BatchGenerator, batch: Batch) -> None:
        ledger = Ledger(self.artifacts)
        known = {entry.key for entry in ledger.batch(batch.number)}
        left = [key for key in dict.fromkeys(planned_keys(maker, batch)) if str(key) not in known]
        if left:
            ledger.abandon(batch.number, map(_aborted, left))

    def _record(self, now: datetime) -> None:
        """The final status; a run that recorded another end before it was aborted keeps that."""
        status, tally = read_status(self.artifacts), Tally.of(Ledger(self.artifacts).all())
        if status is None or (status.status.is_final and status.status is not State.ABORTED):
            return
        counted = {"counts": tally.written, "failed": tally.refused, "aborted": tally.aborted}
        ended = {"status": State.ABORTED, "ended_at": status.ended_at or now, "error": None}
        write_status(self.artifacts, Status.model_validate(status.model_dump() | counted | ended))
        log.event(
            "SIMULATION_ABORTED",
            "what was not written is in the ledger",
            simulationId=self.artifacts.simulation_id,
            written=sum(tally.written.values()),
            aborted=tally.aborted,
        )


def planned_keys(maker: BatchGenerator, batch: Batch) -> Iterator[RecordKey]:
    """The objects of all steps of a batch, some of them more than once."""
    simulation_id = maker.plan.simulation_id
    for index, life in zip(batch.indexes, maker.lives(batch), strict=True):
        yield RecordKey(simulation_id, ObjectType.COMPANIES, maker.company_index(index))
        yield RecordKey(simulation_id, ObjectType.CONTACTS, index)
        for event in life:
            if event.stage is None:
                yield RecordKey(simulation_id, event.object_type, index, event.ordinal)


def _aborted(key: RecordKey) -> LedgerEntry:
    return LedgerEntry(key=str(key), object_type=key.object_type, outcome=Outcome.ABORTED)
