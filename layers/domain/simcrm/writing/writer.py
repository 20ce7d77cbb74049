"""Settles write requests: each object ends in the portal or in the ledger with the reason why not."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.errors import SimulationAbortedError
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.errors import PortalBusyError, PortalError, PortalRefusedError
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import ObjectType, PlannedObject
from simcrm.models.lead_events import LifecycleStage
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import ORPHANED, LedgerEntry, Outcome, Tally
from simcrm.storage.lifecycle_funnel import ORDER
from simcrm.storage.simulation_files import Artifacts, StaleWriteError
from simcrm.writing.address_claims import Claims
from simcrm.writing.build_objects import planned_objects
from simcrm.writing.write_request import UnusableMessageError, WriteRequest

NO_CLAIMS = Claims(None)


@dataclass(slots=True)
class Job:
    """A request with what it takes to settle it; ``is_repeat`` where another attempt did.

    ``is_begun`` where an earlier attempt has left something of it in the portal.
    """

    request: WriteRequest
    ledger: Ledger
    objects: list[PlannedObject]
    dry_run: bool
    settled: list[LedgerEntry] | None
    run_start: datetime
    known_ids: dict[str, str] = field(default_factory=dict)
    known_stages: dict[str, LifecycleStage] = field(default_factory=dict)
    is_begun: bool = False
    is_repeat: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_repeat = self.settled is not None


class Writer:
    """Writes several requests together, so that small batches share HubSpot's calls."""

    def __init__(
        self,
        portal: BatchWriter,
        artifacts_of: Callable[[str], Artifacts],
        validator: Validator | None = None,
        claims: Claims = NO_CLAIMS,
        aborts: Container[str] = (),
    ) -> None:
        """``artifacts_of`` opens the data of a simulation by its id; without a validator objects go as they are.

        Of simulations in ``aborts`` nothing is written any more, whatever was asked before.
        """
        self._portal = portal
        self._artifacts_of = artifacts_of
        self._validator = validator
        self._claims = claims
        self._aborts = aborts
        self._plans: dict[str, SimulationPlan] = {}

    def open(self, request: WriteRequest) -> Job:
        """Read what a request asks to write.

        Raises:
            SimulationAbortedError: its simulation was aborted; whoever aborted it keeps the ledger of what is left.
            UnusableMessageError: its simulation was not planned or its rows were not generated.
        """
        if request.simulation_id in self._aborts:
            raise SimulationAbortedError(request.simulation_id)
        artifacts = self._artifacts_of(request.simulation_id)
        plan, ledger = self._plan(artifacts), Ledger(artifacts)
        settled = ledger.step(request.batch, request.step)
        if settled is not None:
            ledger.catch_up(request.batch, request.step)
            return Job(request, ledger, [], plan.input.dry_run, settled, plan.run_start)
        rows = artifacts.read_lines(request.source)
        if rows is None:
            raise UnusableMessageError(f"there is no {artifacts.key(request.source)}")
        objects = planned_objects(plan, request.step, rows)
        earlier = ledger.before(request.batch, request.step)
        job = Job(request, ledger, objects, plan.input.dry_run, None, plan.run_start)
        job.known_ids = earlier.ids(request.simulation_id)
        job.known_stages = earlier.stages_of(request.simulation_id)
        job.is_begun = file_names.begun_step(request.step) in earlier.files
        return job

    def _plan(self, artifacts: Artifacts) -> SimulationPlan:
        """The plan of a simulation, which never changes and is read once.

        Raises:
            UnusableMessageError: there is none.
        """
        plan = self._plans.get(artifacts.simulation_id)
        if plan is None:
            try:
                plan = self._plans[artifacts.simulation_id] = read_plan(artifacts)
            except LookupError as error:
                raise UnusableMessageError(f"there is no {error}") from error
        return plan

    def settle(self, jobs: Sequence[Job]) -> list[Tally]:
        """What became of each job; one that was settled before is answered from its ledger.

        Raises:
            PortalBusyError, PortalRefusedError: no job is settled; settling all again is safe.
            Exception: an error of one of them; those that are settled by then stay so.
        """
        open_jobs = [job for job in jobs if job.settled is None]
        entries: dict[str, LedgerEntry] = {}
        try:
            self._write([job for job in open_jobs if not job.dry_run], entries)
        except (PortalBusyError, PortalRefusedError):
            _begin(open_jobs, entries)
            raise
        for job in open_jobs:
            outcome = Outcome.ABORTED if job.request.simulation_id in self._aborts else Outcome.DRY_RUN
            _record(job, [entries.get(item.key) or _kept_back(item, outcome) for item in job.objects])
        return [Tally.of(job.settled or ()) for job in jobs]

    def _write(self, jobs: Sequence[Job], entries: dict[str, LedgerEntry]) -> None:
        """Add the end of each object to ``entries``, by key; after an error those that are in the portal are there."""
        by_key = {item.key: item for job in jobs for item in job.objects}
        ids = {key: found for job in jobs for key, found in job.known_ids.items()}
        for kind in ObjectType:
            of_kind = [
                item for item in by_key.values() if item.object_type is kind and not is_aborted(item, self._aborts)
            ]
            try:
                entries |= self.write_kind(of_kind, ids)
            except PortalError as error:
                entries |= {key: _written(by_key[key], found, None) for key, found in error.written.items()}
                raise
            ids |= {key: entry.hubspot_id for key, entry in entries.items() if entry.hubspot_id}

    def write_kind(self, objects: Sequence[PlannedObject], ids: dict[str, str]) -> dict[str, LedgerEntry]:
        """The end of each object of one type, by key; ``ids`` are those of what they belong to.

        Raises:
            PortalBusyError, PortalRefusedError: nothing is settled; writing all again is safe.
        """
        if not objects:
            return {}
        orphans = {item.key: reason for item in objects if (reason := _missing(item, ids)) is not None}
        wanted = self._claims.settle([item for item in objects if item.key not in orphans])
        invalid: dict[str, str] = {}
        if self._validator is not None and wanted:
            wanted, invalid = self._validator.check(wanted)
        results = self._portal.write(wanted, ids)
        if self._validator is not None:
            self._validator.report()
        sent = {item.key: item for item in wanted} | results.repaired
        refused = results.refused | orphans | invalid
        by_key = {item.key: item for item in objects}
        entries = {key: _written(sent[key], found, results.unlinked.get(key)) for key, found in results.ids.items()}
        entries |= {key: _refused(by_key[key], reason) for key, reason in refused.items()}
        return {key: _with_changes(entry, by_key[key], sent.get(key)) for key, entry in entries.items()}


def _begin(jobs: Sequence[Job], entries: dict[str, LedgerEntry]) -> None:
    """Keep what is in the portal of jobs that have to be tried again, so that their ledger is the portal's."""
    for job in jobs:
        written = [entries[item.key] for item in job.objects if item.key in entries and entries[item.key].is_kept]
        if written:
            job.ledger.begin(job.request.batch, job.request.step, written)


def _record(job: Job, entries: list[LedgerEntry]) -> None:
    """Put a job's ends into the ledger and count them; where another writer was first, its word stands.

    Raises:
        StaleWriteError: another writer was about to be first, and nobody knows whether it was.
    """
    batch, step = job.request.batch, job.request.step
    is_first = job.ledger.settle_first(batch, step, entries)
    if job.is_begun:
        job.ledger.begin(batch, step, ())
    if is_first:
        job.settled = entries
        ends = zip(job.objects, entries, strict=True)
        measure_ends(entry for item, entry in ends if not item.is_change)
        return
    found = job.ledger.step(batch, step)
    if found is None:
        raise StaleWriteError(file_names.ledger(batch, step))
    job.settled, job.is_repeat = found, True


OUTCOMES = {
    Outcome.WRITTEN: Measure.RECORDS_WRITTEN,
    Outcome.REFUSED: Measure.RECORDS_FAILED,
    Outcome.DRY_RUN: Measure.RECORDS_SKIPPED,
    Outcome.ABORTED: Measure.RECORDS_SKIPPED,
}


def measure_ends(entries: Iterable[LedgerEntry]) -> None:
    """Count how objects ended, by type."""
    for (outcome, kind), count in Counter((entry.outcome, entry.object_type) for entry in entries).items():
        cloudwatch_metrics.add(OUTCOMES[outcome], count, kind)


def is_aborted(item: PlannedObject, aborts: Container[str]) -> bool:
    """Whether an object belongs to a simulation that was aborted."""
    return item.key.partition(":")[0] in aborts


def _missing(item: PlannedObject, ids: dict[str, str]) -> str | None:
    """Why an object must not be written: it would belong to nothing, or change what is not there."""
    needed = [item.key] if item.is_change else [link.to_key for link in item.links]
    missing = next((key for key in needed if key not in ids), None)
    return None if missing is None else f"{missing} {ORPHANED}"


def _written(item: PlannedObject, hubspot_id: str, unlinked: str | None) -> LedgerEntry:
    reason = None if unlinked is None else f"an association was refused: {unlinked}"
    return LedgerEntry(
        key=item.key,
        object_type=item.object_type,
        outcome=Outcome.WRITTEN,
        hubspot_id=hubspot_id,
        reason=reason,
        stage=_stage(item),
    )


def _stage(item: PlannedObject) -> LifecycleStage | None:
    """The stage a contact has with this write."""
    said = item.properties.get("lifecyclestage") if item.object_type is ObjectType.CONTACTS else None
    return LifecycleStage(said) if said in ORDER else None


def _refused(item: PlannedObject, reason: str) -> LedgerEntry:
    return LedgerEntry(key=item.key, object_type=item.object_type, outcome=Outcome.REFUSED, reason=reason)


def _with_changes(entry: LedgerEntry, planned: PlannedObject, sent: PlannedObject | None) -> LedgerEntry:
    """The entry with what was sent otherwise than it was generated, if anything was."""
    if sent is None or sent.properties == planned.properties:
        return entry
    before, after = planned.properties, sent.properties
    changed = {name: after.get(name) for name in before | after if before.get(name) != after.get(name)}
    return entry.model_copy(update={"changed": changed})


def _kept_back(item: PlannedObject, outcome: Outcome) -> LedgerEntry:
    return LedgerEntry(key=item.key, object_type=item.object_type, outcome=outcome, stage=_stage(item))
