"""Writes again what was ledgered as refused, for when its cause is gone: a property, an option, a scope is back."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.cache.run_counters import Metrics
from simcrm.core import log
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalRefusedError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.jobs.finish_simulation import concluded
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, Outcome
from simcrm.storage.run_status import Failure, read_status, write_status
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.build_objects import planned_objects
from simcrm.writing.writer import Writer, measure_ends

_STEP = re.compile(r"ledger/(\d+)/(contacts|wave-(\d+))\.jsonl")


class RepairState(BaseModel):
    """How far a repair run is: the last step looked at, and what became of the refused objects."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    last: str = ""
    repaired: int = 0
    still_refused: int = 0
    done: bool = False


@dataclass(slots=True)
class Repair:
    """One simulation's repair run; ``is_over`` tells that the function's time is."""

    writer: Writer
    artifacts: Artifacts
    is_over: Callable[[], bool]
    metrics: Metrics
    client: HubSpotClient

    def run(self) -> RepairState:
        """Go through the steps, contacts before the waves of their batch, until the end or the time is over.

        Raises:
            PortalBusyError, PortalRefusedError: the progress is kept; running again goes on.
        """
        state = self.artifacts.read(file_names.REPAIR, RepairState) or RepairState()
        if state.done:
            state = RepairState()
        plan = read_plan(self.artifacts)
        try:
            prepare_portal(self.client, allow_production=plan.input.hubspot.allow_production_portal)
            for name in Ledger(self.artifacts).refused_files(after=state.last):
                if self.is_over():
                    return state
                self._step(plan, Ledger(self.artifacts), name, state)
                state.last = name
            state.done = True
            self._record()
        except PortalRefusedError as error:
            self._record(Failure(code=error.code, message=f"What was refused could not be tried again: {error}"))
            raise
        finally:
            self.artifacts.write(file_names.REPAIR, state)
        log.event(
            "REPAIR_DONE",
            "what was refused was tried again",
            simulationId=self.artifacts.simulation_id,
            repaired=state.repaired,
            stillRefused=state.still_refused,
        )
        return state

    def _step(self, plan: SimulationPlan, ledger: Ledger, name: str, state: RepairState) -> None:
        match = _STEP.fullmatch(name)
        if match is None:
            return
        batch, step = int(match[1]), match[2]
        entries = {entry.key: entry for entry in ledger.step(batch, step) or ()}
        refused = {key for key, entry in entries.items() if entry.outcome is Outcome.REFUSED}
        if not refused:
            return
        again = self._write(plan, ledger, batch, match[3], refused)
        written = [entry for entry in again.values() if entry.outcome is Outcome.WRITTEN]
        measure_ends(written)
        repaired = len(written)
        state.repaired += repaired
        state.still_refused += len(refused) - repaired
        ledger.settle(batch, step, (entries | again).values())

    def _write(
        self, plan: SimulationPlan, ledger: Ledger, batch: int, wave: str | None, refused: set[str]
    ) -> dict[str, LedgerEntry]:
        step = file_names.CONTACTS_STEP if wave is None else file_names.wave_step(int(wave))
        source = file_names.records(batch) if wave is None else file_names.activities(batch, int(wave))
        rows = self.artifacts.read_lines(source) or []
        objects = [item for item in planned_objects(plan, step, rows) if item.key in refused]
        ids = ledger.before(batch, step).ids(plan.simulation_id)
        again: dict[str, LedgerEntry] = {}
        for kind in ObjectType:
            again |= self.writer.write_kind([item for item in objects if item.object_type is kind], ids)
            ids |= {key: entry.hubspot_id for key, entry in again.items() if entry.hubspot_id}
        return again

    def _record(self, failure: Failure | None = None) -> None:
        """How the run has ended now, as if it had ended only now; ``failure`` is why nothing more could be tried."""
        status = read_status(self.artifacts)
        if status is not None:
            again = concluded(self.artifacts, self.metrics, status, None)
            write_status(self.artifacts, again if failure is None else again.model_copy(update={"error": failure}))
