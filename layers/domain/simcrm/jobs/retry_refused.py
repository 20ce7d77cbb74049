"""Retry objects that the ledger lists as refused, once the cause is fixed: a missing property, option, or scope."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simcrm.cache.run_counters import RunCounters
from simcrm.core.log import log_event
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalAccessError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.jobs.finish_simulation import final_status
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.run_status import RunFailure, read_status, write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.build_objects import build_objects
from simcrm.writing.writer import Writer, record_outcome_metrics

_LEDGER_FILE = re.compile(r"ledger/(\d+)/(catalogue|contacts|wave-\d+)\.jsonl")


class RepairState(BaseModel):
    """Progress of a repair run: the last ledger file checked and the outcome of the refused objects."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    last_ledger_file: str = Field(default="", alias="last")
    repaired: int = 0
    still_refused: int = 0
    done: bool = False


@dataclass(slots=True)
class RetryRefusedJob:
    """One simulation's repair run; ``is_out_of_time`` tells whether the function is about to time out."""

    writer: Writer
    files: SimulationFiles
    is_out_of_time: Callable[[], bool]
    counters: RunCounters
    client: HubSpotClient

    def run(self) -> RepairState:
        """Process the steps, each batch's contacts before its waves, until all are done or time runs out.

        Raises:
            PortalUnavailableError, PortalAccessError: progress is saved; running again continues from there.
        """
        state = self.files.read(file_names.REPAIR, RepairState) or RepairState()
        if state.done:
            state = RepairState()
        plan = read_plan(self.files)
        try:
            prepare_portal(self.client, allow_production=plan.input.hubspot.allow_production_portal)
            for name in Ledger(self.files).refused_files(after=state.last_ledger_file):
                if self.is_out_of_time():
                    return state
                self._retry_step(plan, Ledger(self.files), name, state)
                state.last_ledger_file = name
            state.done = True
            self._record_end()
        except PortalAccessError as error:
            self._record_end(RunFailure(code=error.code, message=f"Refused records could not be retried: {error}"))
            raise
        finally:
            self.files.write(file_names.REPAIR, state)
        log_event(
            "REPAIR_DONE",
            "refused records were retried",
            simulationId=self.files.simulation_id,
            repaired=state.repaired,
            stillRefused=state.still_refused,
        )
        return state

    def _retry_step(self, plan: SimulationPlan, ledger: Ledger, name: str, state: RepairState) -> None:
        match = _LEDGER_FILE.fullmatch(name)
        if match is None:
            return
        batch, step = int(match[1]), match[2]
        entries = {entry.key: entry for entry in ledger.read_step(batch, step) or ()}
        refused = {key: entry for key, entry in entries.items() if entry.outcome is LedgerOutcome.REFUSED}
        if not refused:
            return
        again = self._write(plan, ledger, batch, step, refused)
        written = [entry for entry in again.values() if entry.outcome is LedgerOutcome.WRITTEN]
        record_outcome_metrics(written)
        repaired = len(written)
        state.repaired += repaired
        state.still_refused += len(refused) - repaired
        ledger.write_step(batch, step, (entries | again).values())

    def _write(
        self, plan: SimulationPlan, ledger: Ledger, batch: int, step: str, refused: Mapping[str, LedgerEntry]
    ) -> dict[str, LedgerEntry]:
        rows = self.files.read_lines(file_names.source_file(batch, step)) or []
        objects = [item for item in build_objects(plan, step, rows) if item.key in refused]
        earlier = ledger.batch_before(batch, step)
        objects = [_without_superseded(earlier.with_known_values(item), refused[item.key]) for item in objects]
        ids = earlier.hubspot_ids(plan.simulation_id)
        ids |= self.writer.read_product_ids(ledger, objects)
        again: dict[str, LedgerEntry] = {}
        for kind in ObjectType:
            again |= self.writer.write_kind([item for item in objects if item.object_type is kind], ids)
            ids |= {key: entry.hubspot_id for key, entry in again.items() if entry.hubspot_id}
        return again

    def _record_end(self, failure: RunFailure | None = None) -> None:
        """Recompute and record the final status; ``failure`` is why nothing more could be retried."""
        status = read_status(self.files)
        if status is not None:
            again = final_status(self.files, self.counters, status, None)
            write_status(self.files, again if failure is None else again.model_copy(update={"error": failure}))


def _without_superseded(item: CrmObject, refused: LedgerEntry) -> CrmObject:
    """The object without changes that later steps have overtaken: they wrote the property since it was refused."""
    if item.known is None or refused.last_written is None:
        return item
    at_refusal = refused.last_written
    superseded = {name for name, value in item.known.previous.items() if at_refusal.get(name, value) != value}
    properties = {name: value for name, value in item.properties.items() if name not in superseded}
    previous = {name: value for name, value in item.known.previous.items() if name not in superseded}
    return replace(item, properties=properties, known=replace(item.known, previous=previous))
