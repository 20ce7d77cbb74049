"""Settles write requests: each object ends up in the portal, or in the ledger with the reason why not."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.errors import SimulationAbortedError
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.errors import PortalAccessError, PortalError, PortalUnavailableError
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import PARENT_MISSING, LedgerEntry, LedgerOutcome, LedgerTotals
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles
from simcrm.writing.build_objects import build_objects
from simcrm.writing.object_entries import (
    not_written_entry,
    record_sent,
    refused_entry,
    sent_objects,
    written_entry,
)
from simcrm.writing.people_changes import check_objects
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.write_request import InvalidMessageError, WriteRequest

NO_CHANGES = PropertyChanges()

CATALOGUE_BATCH = 0
"""The batch whose ledger lists the products; all batches refer to them."""


@dataclass(slots=True)
class WriteJob:
    """A request with what it takes to settle it; ``is_repeat`` if an earlier attempt has settled it.

    ``is_begun`` if an earlier attempt left some of its objects in the portal.
    """

    request: WriteRequest
    ledger: Ledger
    objects: list[CrmObject]
    dry_run: bool
    previous_result: list[LedgerEntry] | None
    run_start: datetime
    known_ids: dict[str, str] = field(default_factory=dict)
    known_stages: dict[str, LifecycleStage] = field(default_factory=dict)
    is_begun: bool = False
    is_repeat: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_repeat = self.previous_result is not None

    def count_skipped(self) -> int:
        """Count the properties that this job was the first to leave as people have changed them."""
        known = {item.key: item.known.kept for item in self.objects if item.known is not None}
        return sum(len({*(entry.kept or ())} - known.get(entry.key, set())) for entry in self.previous_result or ())


class Writer:
    """Writes several requests together, so that small batches share HubSpot calls."""

    def __init__(
        self,
        portal: BatchWriter,
        open_files: Callable[[str], SimulationFiles],
        property_changes: PropertyChanges = NO_CHANGES,
        aborts: Container[str] = (),
    ) -> None:
        """``open_files`` opens a simulation's files by its ID.

        Nothing more is written for simulations in ``aborts``, whatever was requested before.
        """
        self._portal = portal
        self._open_files = open_files
        self._property_changes = property_changes
        self._aborts = aborts
        self._plans: dict[str, SimulationPlan] = {}
        self._product_ids: dict[str, dict[str, str]] = {}

    def open(self, request: WriteRequest) -> WriteJob:
        """Read what a request asks to write.

        Raises:
            SimulationAbortedError: the simulation was aborted; the abort writes the ledger entries of the remaining
                objects.
            InvalidMessageError: the simulation was not planned or its rows were not generated.
        """
        if request.simulation_id in self._aborts:
            raise SimulationAbortedError(request.simulation_id)
        files = self._open_files(request.simulation_id)
        plan, ledger = self._plan(files), Ledger(files)
        settled = ledger.read_step(request.batch, request.step)
        if settled is not None:
            ledger.catch_up(request.batch, request.step)
            return WriteJob(request, ledger, [], plan.input.dry_run, settled, plan.run_start)
        rows = files.read_lines(request.source)
        if rows is None:
            raise InvalidMessageError(f"there is no {files.key(request.source)}")
        objects = build_objects(plan, request.step, rows)
        earlier = ledger.batch_before(request.batch, request.step)
        job = WriteJob(request, ledger, objects, plan.input.dry_run, None, plan.run_start)
        job.objects = [earlier.with_known_values(item) for item in objects]
        job.known_ids = earlier.hubspot_ids(request.simulation_id) | self.read_product_ids(ledger, objects)
        job.known_stages = earlier.stages_by_key(request.simulation_id)
        job.is_begun = file_names.unfinished_step(request.step) in earlier.files
        return job

    def read_product_ids(self, ledger: Ledger, objects: Iterable[CrmObject]) -> dict[str, str]:
        """The portal IDs of a simulation's products by key, if one of its objects refers to a product."""
        simulation_id = next((_simulation_id(item) for item in objects if item.references), None)
        if simulation_id is None:
            return {}
        if simulation_id not in self._product_ids:
            settled = ledger.read_step(CATALOGUE_BATCH, file_names.CATALOGUE_STEP) or ()
            self._product_ids[simulation_id] = {entry.key: entry.hubspot_id for entry in settled if entry.hubspot_id}
        return self._product_ids[simulation_id]

    def _plan(self, files: SimulationFiles) -> SimulationPlan:
        """The plan of a simulation, which never changes and is read only once.

        Raises:
            InvalidMessageError: the plan does not exist.
        """
        plan = self._plans.get(files.simulation_id)
        if plan is None:
            try:
                plan = self._plans[files.simulation_id] = read_plan(files)
            except LookupError as error:
                raise InvalidMessageError(f"there is no {error}") from error
        return plan

    def write(self, jobs: Sequence[WriteJob]) -> list[LedgerTotals]:
        """The totals of each job; those of a job settled earlier come from its ledger.

        Raises:
            PortalUnavailableError, PortalAccessError: no job is settled; writing all of them again is safe.
            Exception: one of the jobs failed; those already settled stay settled.
        """
        open_jobs = [job for job in jobs if job.previous_result is None]
        entries: dict[str, LedgerEntry] = {}
        try:
            self._write_jobs([job for job in open_jobs if not job.dry_run], entries)
        except (PortalUnavailableError, PortalAccessError):
            _write_unfinished(open_jobs, entries)
            raise
        for job in open_jobs:
            outcome = LedgerOutcome.ABORTED if job.request.simulation_id in self._aborts else LedgerOutcome.DRY_RUN
            _record_result(job, [entries.get(item.key) or not_written_entry(item, outcome) for item in job.objects])
        return [LedgerTotals.from_entries(job.previous_result or ()) for job in jobs]

    def _write_jobs(self, jobs: Sequence[WriteJob], entries: dict[str, LedgerEntry]) -> None:
        """Add the ledger entries to ``entries`` by key; after an error, it holds the objects that are in the portal."""
        by_key = {item.key: item for job in jobs for item in job.objects}
        ids = {key: record_id for job in jobs for key, record_id in job.known_ids.items()}
        for kind in ObjectType:
            of_kind = [
                item
                for item in by_key.values()
                if item.object_type is kind and not belongs_to_aborted(item, self._aborts)
            ]
            try:
                entries |= self.write_kind(of_kind, ids)
            except PortalError as error:
                entries |= {key: written_entry(by_key[key], found, None) for key, found in error.written.items()}
                raise
            ids |= {key: entry.hubspot_id for key, entry in entries.items() if entry.hubspot_id}

    def write_kind(self, objects: Sequence[CrmObject], ids: dict[str, str]) -> dict[str, LedgerEntry]:
        """The ledger entries of objects of one type, by key; ``ids`` are the portal IDs of what they refer to.

        Raises:
            PortalUnavailableError, PortalAccessError: nothing is settled; writing all objects again is safe.
        """
        if not objects:
            return {}
        missing_parents = {item.key: reason for item in objects if (reason := _missing_parent(item, ids)) is not None}
        resolved = [_resolve(item, ids) for item in objects if item.key not in missing_parents]
        writable, invalid = self._property_changes.apply(resolved)
        checked = check_objects(self._portal, self._property_changes, writable, ids)
        results = self._portal.write(checked.to_write, ids)
        self._property_changes.report()
        sent = sent_objects(writable, checked, results)
        refused = results.rejected | missing_parents | invalid
        by_key = {item.key: item for item in objects}
        not_associated = _missing_links(objects, ids) | results.not_associated
        entries = {
            key: written_entry(sent[key], record_id, not_associated.get(key), checked.kept.get(key))
            for key, record_id in (results.ids | checked.up_to_date).items()
        }
        entries |= {key: refused_entry(by_key[key], reason) for key, reason in refused.items()}
        return {key: record_sent(entry, by_key[key], sent.get(key)) for key, entry in entries.items()}


def _write_unfinished(jobs: Sequence[WriteJob], entries: dict[str, LedgerEntry]) -> None:
    """Record what is already in the portal for jobs that must be retried, so that the ledger matches the portal."""
    for job in jobs:
        written = [entries[item.key] for item in job.objects if item.key in entries and entries[item.key].is_successful]
        if written:
            job.ledger.write_unfinished_step(job.request.batch, job.request.step, written)


def _record_result(job: WriteJob, entries: list[LedgerEntry]) -> None:
    """Record a job's entries in the ledger and count them; if another writer was first, its entries stand.

    Raises:
        ConcurrentWriteError: another writer was about to be first, and it is unknown whether it was.
    """
    batch, step = job.request.batch, job.request.step
    is_first = job.ledger.create_step(batch, step, entries)
    if job.is_begun:
        job.ledger.write_unfinished_step(batch, step, ())
    if is_first:
        job.previous_result = entries
        ends = zip(job.objects, entries, strict=True)
        record_outcome_metrics(entry for item, entry in ends if not item.is_update)
        return
    existing = job.ledger.read_step(batch, step)
    if existing is None:
        raise ConcurrentWriteError(file_names.ledger_file(batch, step))
    job.previous_result, job.is_repeat = existing, True


METRICS_BY_OUTCOME = {
    LedgerOutcome.WRITTEN: Metric.RECORDS_WRITTEN,
    LedgerOutcome.REFUSED: Metric.RECORDS_FAILED,
    LedgerOutcome.DRY_RUN: Metric.RECORDS_SKIPPED,
    LedgerOutcome.ABORTED: Metric.RECORDS_SKIPPED,
}


def record_outcome_metrics(entries: Iterable[LedgerEntry]) -> None:
    """Count objects by outcome and type."""
    for (outcome, kind), count in Counter((entry.outcome, entry.object_type) for entry in entries).items():
        cloudwatch_metrics.record(METRICS_BY_OUTCOME[outcome], count, kind)


def belongs_to_aborted(item: CrmObject, aborts: Container[str]) -> bool:
    """Whether an object belongs to an aborted simulation."""
    return _simulation_id(item) in aborts


def _simulation_id(item: CrmObject) -> str:
    return item.key.partition(":")[0]


def _missing_parent(item: CrmObject, ids: dict[str, str]) -> str | None:
    """Why an object must not be written: a parent, or the record it would update, does not exist."""
    needed = [item.key] if item.is_update else [link.to_key for link in item.associations if link.is_required]
    missing = next((key for key in needed if key not in ids), None)
    return None if missing is None else f"{missing} {PARENT_MISSING}"


def _missing_links(objects: Iterable[CrmObject], ids: dict[str, str]) -> dict[str, str]:
    """By key, what an object is written without, because it is not in the portal."""
    needed = {item.key: [*(link.to_key for link in item.associations), *item.references.values()] for item in objects}
    missing = {key: next((other for other in others if other not in ids), None) for key, others in needed.items()}
    return {key: f"{other} {PARENT_MISSING}" for key, other in missing.items() if other is not None}


def _resolve(item: CrmObject, ids: dict[str, str]) -> CrmObject:
    """Return the object with its references as properties, without whatever is not in the portal."""
    found = {name: ids[key] for name, key in item.references.items() if key in ids}
    links = tuple(link for link in item.associations if link.to_key in ids)
    return replace(item, properties=item.properties | found, associations=links)
