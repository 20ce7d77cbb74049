"""Generated accounts through a fault of each type: every object is in the portal once, with its associations."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, cast

import httpx2
import pytest
from bucket_in_memory import BucketInMemory
from builders import SIMULATION, START, write_request
from portal_in_process import LocalPortal
from writer_faults import KilledError, killed_after, timed_out_after

from simcrm.core.json_types import JsonObject
from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.hubspot.association_labels import prepare_role_labels
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.custom_properties import CRM_OBJECTS
from simcrm.hubspot.errors import PortalError
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.previous_values import rows_with_previous
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.build_objects import build_objects
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.write_request import WriteRequest, parse_write_request
from simcrm.writing.writer import CATALOGUE_BATCH, Writer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTACTS = 40
INPUT = {
    "totalRecords": CONTACTS,
    "seed": "faults-10",
    "mode": "LIVE",
    "startTime": START.isoformat(),
    "endTime": (START + timedelta(days=120)).isoformat(),
    "ai": {"enabled": False},
}
WAVES = 4
ATTEMPTS = 5
"""Deliveries of a message after which it must be settled: each fault passes."""


@dataclass
class AccountRun:
    """A planned simulation whose accounts are generated, and the portal that they are written to."""

    portal: LocalPortal
    files: SimulationFiles
    writer: Writer
    requests: tuple[WriteRequest, ...]
    current: WriteRequest

    def write(self) -> None:
        """Settle one request after the other, as a queue that delivers each until it is."""
        for request in self.requests:
            self.current = request
            self._settle()

    def write_current(self) -> None:
        """Settle the request whose turn it is."""
        self.writer.write([self.writer.open(self.current)])

    def _settle(self) -> None:
        for _ in range(ATTEMPTS):
            try:
                self.write_current()
            except (PortalError, KilledError):
                continue
            return
        pytest.fail(f"{self.current.step} is not settled")

    def entries(self) -> dict[str, LedgerEntry]:
        return {entry.key: entry for entry in Ledger(self.files).read_all()}

    def planned(self) -> dict[str, CrmObject]:
        """All objects by key, as they are after their last change."""
        plan, found = read_plan(self.files), dict[str, CrmObject]()
        for request in self.requests:
            for item in build_objects(plan, request.step, self.files.read_lines(request.source) or []):
                before = found.setdefault(item.key, item)
                found[item.key] = replace(before, properties=before.properties | item.properties)
        return found


Fault = Callable[[AccountRun, ObjectType], None]


def scripted(**rule: Any) -> Fault:
    return lambda run, kind: run.portal.fault(path=f"/{kind}/batch/", **rule)


def at_first_write(act: Callable[[AccountRun, httpx2.Request], httpx2.Response | None]) -> Fault:
    """Let something happen at the first write of a type, once."""

    def prepare(run: AccountRun, kind: ObjectType) -> None:
        def intercept(request: httpx2.Request) -> httpx2.Response | None:
            if not request.url.path.endswith((f"/{kind}/batch/create", f"/{kind}/batch/upsert")):
                return None
            run.portal.intercept = lambda _: None
            return act(run, request)

        run.portal.intercept = intercept

    return prepare


def overtaken(run: AccountRun, _request: httpx2.Request) -> None:
    """A second writer has got the same message and finishes first."""
    run.write_current()


FAULTS: dict[str, Fault] = {
    "504 after the write": scripted(kind="status", status=504, times=2, afterWrite=True),
    "slow beyond the time-out": at_first_write(timed_out_after),
    "killed after the call": at_first_write(killed_after),
    "delivered twice": at_first_write(overtaken),
}

LOST_RESPONSES = ("504 after the write", "slow beyond the time-out", "killed after the call")
"""What leaves the writer to look for objects without unique record keys by their associations or in a list."""

KEYED = ("504 after the write", "killed after the call", "delivered twice")
"""What befalls objects that unique record keys keep single."""

WITHOUT_KEYS = set(ObjectType) - set(CRM_OBJECTS)
CASES = [(fault, kind, True) for fault in KEYED for kind in ObjectType]
CASES += [(fault, kind, False) for fault in LOST_RESPONSES for kind in ObjectType if kind in WITHOUT_KEYS]


@pytest.fixture(scope="module")
def generated() -> dict[str, bytes]:
    """The bucket after planning and generating, the same for every fault."""
    bucket, portal = BucketInMemory(), LocalPortal()
    files = _files(bucket)
    plan = plan_simulation(PlanRequest(SIMULATION, START, INPUT), portal.client(), files)
    generator = RowGenerator.from_plan(plan)
    for batch in read_batches(files):
        rows = in_few_waves(generate_history(generator, batch).rows)
        files.write_lines(file_names.records_file(batch.number), rows[file_names.CONTACTS_STEP])
        for wave in range(WAVES):
            changes = rows_with_previous(rows, file_names.wave_step(wave))
            files.write_lines(file_names.activities_file(batch.number, wave), changes)
    return bucket.objects


def in_few_waves(rows: Mapping[str, list[JsonObject]]) -> dict[str, list[JsonObject]]:
    """The rows of a batch with its hundreds of waves merged into some, which write the same."""
    activities = [row for step, some in rows.items() if step != file_names.CONTACTS_STEP for row in some]
    size = ceil(len(activities) / WAVES)
    few = {file_names.wave_step(wave): activities[wave * size : (wave + 1) * size] for wave in range(WAVES)}
    return {file_names.CONTACTS_STEP: rows[file_names.CONTACTS_STEP]} | few


@pytest.fixture
def run(generated: dict[str, bytes], *, has_keys: bool) -> AccountRun:
    portal = LocalPortal(activities_take_unique_properties=has_keys)
    prepare_portal(portal.client(), allow_production=False)
    prepare_role_labels(portal.client())
    files, validator = _files(BucketInMemory(generated)), Validator(PropertyDefinitionCache(portal.client(), None, "p"))
    portal_writer = BatchWriter(portal.client(), has_key=validator.has_key, fix_properties=validator.fix_properties)
    writer = Writer(portal_writer, lambda _: files, PropertyChanges(validator))
    requests = tuple(_requests(files))
    return AccountRun(portal, files, writer, requests, requests[0])


def _files(bucket: BucketInMemory) -> SimulationFiles:
    return SimulationFiles(cast("S3Client", bucket), "data", SIMULATION)


def _requests(files: SimulationFiles) -> Iterator[WriteRequest]:
    """The requests to write the catalogue and each step of each batch, in their order."""
    yield parse_write_request(
        write_request(batch=CATALOGUE_BATCH, step=file_names.CATALOGUE_STEP, source=file_names.PRODUCTS)
    )
    for batch in read_batches(files):
        for step in (file_names.CONTACTS_STEP, *map(file_names.wave_step, range(WAVES))):
            source = file_names.source_file(batch.number, step)
            yield parse_write_request(write_request(batch=batch.number, step=step, source=source))


def links(run: AccountRun, planned: Mapping[str, CrmObject], ids: Mapping[str, str]) -> dict[str, set[str]]:
    """The keys that the portal's records are associated with, of those that the plan associates them with."""
    keys, found = {number: key for key, number in ids.items()}, defaultdict[str, set[str]](set)
    pairs = {(item.object_type, link.to_type) for item in planned.values() for link in item.associations}
    for kind, to_kind in pairs:
        inputs = [{"id": ids[key]} for key, item in planned.items() if item.object_type is kind]
        path = f"/crm/v4/associations/{kind}/{to_kind}/batch/read"
        for row in run.portal.request("POST", path, {"inputs": inputs})["results"]:
            found[keys[str(row["from"]["id"])]] |= {keys[str(end["toObjectId"])] for end in row["to"]}
    return found


def is_same(found: str | None, planned: str) -> bool:
    """Whether the portal's value is the planned one; HubSpot writes times without their zero milliseconds."""
    return (found or "") == planned.replace(".000Z", "Z") or found == planned


def differences(run: AccountRun, planned: Mapping[str, CrmObject]) -> dict[str, dict[str, str | None]]:
    """The portal's values that are not those of the plan, by key; times are compared by the second."""
    found: dict[str, dict[str, str | None]] = {}
    for kind in ObjectType:
        names = sorted({name for item in planned.values() if item.object_type is kind for name in item.properties})
        rows = run.portal.by_key(kind, *names)
        for key, item in planned.items():
            if item.object_type is kind:
                row = rows[key]
                other = {name: row[name] for name, value in item.properties.items() if not is_same(row[name], value)}
                found |= {key: other} if other else {}
    return found


@pytest.mark.parametrize(("fault", "kind", "has_keys"), CASES)
def test_accounts_are_in_the_portal_once_as_they_belong_together(run: AccountRun, fault: str, kind: ObjectType) -> None:
    FAULTS[fault](run, kind)

    run.write()

    planned, entries = run.planned(), run.entries()
    assert sum(item.object_type is kind for item in planned.values()) > 1
    assert {key: entry.outcome for key, entry in entries.items()} == dict.fromkeys(planned, LedgerOutcome.WRITTEN)
    assert [entry.reason for entry in entries.values() if entry.reason] == []
    for each in ObjectType:
        assert run.portal.count(each) == sum(item.object_type is each for item in planned.values())
    ids = {key: entry.hubspot_id for key, entry in entries.items() if entry.hubspot_id}
    found = links(run, planned, ids)
    missing = {
        key: lost for key, item in planned.items() if (lost := {to.to_key for to in item.associations} - found[key])
    }
    assert missing == {}
    assert differences(run, planned) == {}
