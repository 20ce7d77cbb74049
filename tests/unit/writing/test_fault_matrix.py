"""A thousand records through every fault: each is in the portal once, or in the ledger with the reason why not."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import create_autospec

import httpx2
import pytest
import redis
from bucket_in_memory import BucketInMemory
from builders import SIMULATION, activity_row, key, pair_row, plan, write_request
from moto import mock_aws
from portal_in_process import LocalPortal
from real_redis import wait_for_redis
from writer_faults import KilledError, killed_after, timed_out_after

from simcrm.core import aws_clients
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.portal_setup import prepare_portal
from simcrm.hubspot.rate_limit.budgets import RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter, Sleeper
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.validator import Validator
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import PropertyChanges
from simcrm.writing.queue_consumer import Message, QueueConsumer, consume
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm.writing.writer import Writer
from simcrm_embedded.redis_server import find_server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTACTS, COMPANIES, NOTES = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.NOTES
KINDS = (CONTACTS, COMPANIES, NOTES)
PLANNED, BATCH = 1_000, 100
BATCHES = PLANNED // BATCH
ROUNDS = 6
"""Deliveries after which everything must be settled: each fault passes."""

EVERY_TRY = 6
"""More than one call tries in a row, so that its messages go back to the queue."""

TABLE: list[tuple[str, ...]] = []


@dataclass
class WriterRun:
    """A planned simulation, its portal and what delivers its messages."""

    portal: LocalPortal
    files: SimulationFiles
    consumer: QueueConsumer
    cache: subprocess.Popen[bytes] | None = None
    messages: dict[str, list[Message]] = field(default_factory=dict)

    def receive(self, step: str, source: Callable[[int], str]) -> list[Message]:
        bodies = [write_request(batch=number, step=step, source=source(number)) for number in range(BATCHES)]
        queue, url = self.consumer.sqs, self.consumer.queue_url
        sent = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        queue.send_message_batch(QueueUrl=url, Entries=sent)  # type: ignore[arg-type]
        found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        return [Message(item["MessageId"], item["ReceiptHandle"], item["Body"]) for item in found]

    def consume(self, messages: list[Message]) -> None:
        """Deliver until the ledger has all, as the queue and a resumed run do, whoever dies in between."""
        for _ in range(ROUNDS):
            try:
                consume(self.consumer, messages, lambda: 0)
            except KilledError:
                continue
            if not self._still_queued(messages):
                done = [{"Id": message.id, "ReceiptHandle": message.receipt_handle} for message in messages]
                self.consumer.sqs.delete_message_batch(QueueUrl=self.consumer.queue_url, Entries=done)  # type: ignore[arg-type]
                return
        pytest.fail(f"{len(self._still_queued(messages))} messages are not settled")

    def _still_queued(self, messages: list[Message]) -> list[Message]:
        ledger = Ledger(self.files)
        asked = [(message, json.loads(message.body)) for message in messages]
        return [message for message, body in asked if ledger.read_step(body["batch"], body["step"]) is None]

    def entries(self) -> dict[str, LedgerEntry]:
        return {entry.key: entry for entry in Ledger(self.files).read_all()}


def stage_change(index: int) -> JsonObject:
    """A contact moves on, in the wave after its note."""
    changed = {"previous": {"lifecyclestage": "lead"}, "properties": {"lifecyclestage": "opportunity"}}
    return activity_row(CONTACTS, index) | changed


Prepare = Callable[[WriterRun], None]


def scripted(**rule: Any) -> Prepare:
    return lambda run: run.portal.fault(**rule)


def at_call(number: int, path: str, act: Callable[[WriterRun, httpx2.Request], httpx2.Response | None]) -> Prepare:
    """Let something happen at the n-th call to a path, once."""

    def prepare(run: WriterRun) -> None:
        seen = [0]

        def intercept(request: httpx2.Request) -> httpx2.Response | None:
            if path not in request.url.path:
                return None
            seen[0] += 1
            return act(run, request) if seen[0] == number else None

        run.portal.intercept = intercept

    return prepare


def killed_before(_run: WriterRun, _request: httpx2.Request) -> None:
    raise KilledError


def empty_answer(_run: WriterRun, _request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"status": "COMPLETE", "results": []})


def without_property(run: WriterRun, _request: httpx2.Request) -> None:
    run.portal.request("DELETE", "/crm/v3/properties/contacts/simcrm_lead_reasoning")


def redis_killed(run: WriterRun, _request: httpx2.Request) -> None:
    assert run.cache is not None
    run.cache.kill()
    run.cache.wait()


def overtake(run: WriterRun, _request: httpx2.Request) -> None:
    """A second writer has got the same messages and finishes first."""
    run.portal.intercept = lambda _: None
    consume(run.consumer, run.messages["contacts"], lambda: 0)


def overtake_update(run: WriterRun, _request: httpx2.Request) -> None:
    """A second writer has got the same changes and finishes first."""
    run.portal.intercept = lambda _: None
    consume(run.consumer, run.messages["wave-001"], lambda: 0)


def foreign_contact(run: WriterRun) -> None:
    run.portal.request("POST", "/crm/v3/objects/contacts", {"properties": {"email": pair_row(7)["contact"]["email"]}})


def company_gone(run: WriterRun, _request: httpx2.Request) -> None:
    """Somebody deletes a company between its write and its association."""
    number = run.portal.by_key("companies")[key(COMPANIES, 3)]["id"]
    run.portal.request("DELETE", f"/crm/v3/objects/companies/{number}")


FAULTS: dict[str, Prepare] = {
    "none": lambda _run: None,
    "429 TEN_SECONDLY_ROLLING": scripted(kind="rate_limit", retryAfter=1, skip=3, times=4),
    "429 SECONDLY": scripted(kind="rate_limit", policy="SECONDLY", skip=5, times=2),
    "429 DAILY, then resumed": scripted(kind="rate_limit", policy="DAILY", skip=12),
    "401, then resumed": scripted(kind="status", status=401, skip=9),
    "403, then resumed": scripted(kind="status", status=403, skip=9),
    "423": scripted(kind="status", status=423, skip=2, times=5),
    "500 over all tries": scripted(kind="status", status=500, skip=4, times=EVERY_TRY),
    "502": scripted(kind="status", status=502, times=3),
    "504 after the write": scripted(kind="status", status=504, path="/batch/", skip=1, times=3, afterWrite=True),
    "504 after each create": scripted(kind="status", status=504, path="notes/batch/create", times=5, afterWrite=True),
    "connection dropped": scripted(kind="drop", skip=2, times=3),
    "dropped after the write": scripted(kind="drop", path="/batch/", skip=15, times=12, afterWrite=True),
    "slow beyond the time-out": at_call(2, "contacts/batch/upsert", timed_out_after),
    "slow create": at_call(3, "notes/batch/create", timed_out_after),
    "2xx without results": at_call(4, "companies/batch/upsert", empty_answer),
    "400 for a whole batch": scripted(kind="status", status=400, path="contacts/batch/upsert", skip=2),
    "207 of one bad input": scripted(kind="invalid_input", record=5, path="contacts/batch/upsert", skip=1),
    "207 e-mail of a foreign contact": foreign_contact,
    "207 association refused": at_call(1, "associations", company_gone),
    "property deleted in the run": at_call(2, "contacts/batch/upsert", without_property),
    "writer killed before the call": at_call(3, "contacts/batch/upsert", killed_before),
    "writer killed after the call": at_call(3, "contacts/batch/upsert", killed_after),
    "killed after associating": at_call(1, "associations", killed_after),
    "killed between creates": at_call(5, "notes/batch/create", killed_before),
    "killed after a create": at_call(5, "notes/batch/create", killed_after),
    "SQS delivers twice at once": at_call(4, "companies/batch/upsert", overtake),
    "update: slow beyond the time-out": at_call(10 + 3, "contacts/batch/upsert", timed_out_after),
    "update: killed after the read": at_call(3, "contacts/batch/read", killed_after),
    "update: killed after the call": at_call(10 + 3, "contacts/batch/upsert", killed_after),
    "update: SQS delivers twice": at_call(10 + 4, "contacts/batch/upsert", overtake_update),
    "update: 504 after the write": scripted(
        kind="status", status=504, path="contacts/batch/upsert", skip=10 + 2, times=EVERY_TRY, afterWrite=True
    ),
    "Redis killed": at_call(3, "contacts/batch/upsert", redis_killed),
}
REFUSED = {"207 of one bad input": 2, "207 e-mail of a foreign contact": 2, "207 association refused": 1}
"""Objects that end in the ledger with a reason, notes of a refused contact among them; elsewhere none."""

ALREADY_THERE = {"207 e-mail of a foreign contact": 2}
"""Records of others: the contact, and the company that the portal makes of its domain."""


@pytest.fixture
def redis_of_its_own(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], redis.Redis]]:
    """A cache that may be killed."""
    socket = tmp_path / "redis.sock"
    options = ("--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no")
    command = [str(find_server()), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        wait_for_redis(socket)
        with redis.Redis.from_url(f"unix://{socket}", decode_responses=True) as client:
            yield server, client
        server.kill()


@pytest.fixture(scope="module")
def generated() -> dict[str, bytes]:
    """The bucket after planning and generating, the same for every row of the table."""
    bucket = BucketInMemory()
    files = _files(bucket, SIMULATION)
    write_plan(files, plan())
    for number in range(BATCHES):
        indexes = range(number * BATCH, (number + 1) * BATCH)
        rows = [pair_row(index, simcrm_lead_reasoning="They asked twice.", lifecyclestage="lead") for index in indexes]
        files.write_lines(file_names.records_file(number), rows)
        files.write_lines(file_names.activities_file(number, 0), [activity_row(NOTES, index) for index in indexes])
        files.write_lines(file_names.activities_file(number, 1), [stage_change(index) for index in indexes])
    return bucket.objects


@pytest.fixture
def queues() -> Iterator[tuple[str, str]]:
    """The write queue and the dead letters."""
    with mock_aws():
        write, dead = (aws_clients.sqs().create_queue(QueueName=name)["QueueUrl"] for name in ("write", "dead"))
        yield write, dead


@pytest.fixture(params=["2026-09", "v3"])
def run(request: pytest.FixtureRequest, generated: dict[str, bytes], queues: tuple[str, str], fault: str) -> WriterRun:
    server: subprocess.Popen[bytes] | None = None
    limited = fault == "Redis killed"  # elsewhere the limiter's pauses would be the test's
    if limited:
        server, cache = request.getfixturevalue("redis_of_its_own")
    else:
        cache = request.getfixturevalue("cache")
    portal = LocalPortal(create_companies=True)
    prepare_portal(portal.client(), allow_production=False)
    portal.calls.clear()
    limiter = HubSpotRateLimiter(cache, RateLimits(standard=10_000, associations=10_000), Sleeper(sleep=lambda _: None))
    client = HubSpotClient(portal.http(), ApiPaths(request.param), limiter=limiter if limited else None)
    validator = Validator(PropertyDefinitionCache(client, cache, "portal"))
    open_files = partial(_files, BucketInMemory(generated))
    writer = Writer(
        BatchWriter(client, has_key=validator.has_key, fix_properties=validator.fix_properties),
        open_files,
        PropertyChanges(validator),
    )
    tasks = create_autospec(TaskCallbacks, instance=True)
    delivery = QueueConsumer(writer, tasks, aws_clients.sqs(), *queues, open_files, cache)
    return WriterRun(portal, open_files(SIMULATION), delivery, server)


def _files(bucket: BucketInMemory, simulation_id: str) -> SimulationFiles:
    return SimulationFiles(cast("S3Client", bucket), "data", simulation_id)


@pytest.fixture(scope="module", autouse=True)
def _print_table(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    assert capture is not None
    header = ("fault", "version", "calls", "planned", "in portal", "ledgered", "doubles", "orphans")
    with capture.global_and_fixture_disabled():
        sys.stdout.write("\n")
        for row in [header, *TABLE]:
            sys.stdout.write(f"{row[0]:32} " + " ".join(f"{cell:>9}" for cell in row[1:]) + "\n")


def associated_ids(run: WriterRun, kind: ObjectType, to_kind: ObjectType, ids: list[str]) -> dict[str, set[str]]:
    """The ids that each record is associated with."""
    path, inputs = f"/crm/v4/associations/{kind}/{to_kind}/batch/read", [{"id": number} for number in ids]
    rows = run.portal.request("POST", path, {"inputs": inputs})["results"]
    return {row["from"]["id"]: {str(end["toObjectId"]) for end in row["to"]} for row in rows}


def orphans(run: WriterRun) -> int:
    """Contacts and notes in the portal that hang on nothing or on something else than planned."""
    ids = {kind: {name: str(row["id"]) for name, row in run.portal.by_key(kind).items()} for kind in KINDS}
    lonely = 0
    for kind, to_kind, ordinal in ((CONTACTS, COMPANIES, None), (NOTES, CONTACTS, 0)):
        own = {index: ids[kind].get(key(kind, index, ordinal)) for index in range(PLANNED)}
        found = associated_ids(run, kind, to_kind, [number for number in own.values() if number])
        for index, number in own.items():
            wanted = ids[to_kind].get(key(to_kind, index))
            if number and (wanted or kind is NOTES):
                lonely += found.get(number) != {wanted}
    return lonely


@pytest.mark.parametrize("fault", FAULTS)
def test_each_record_is_in_the_portal_once_or_in_the_ledger_with_a_reason(run: WriterRun, fault: str) -> None:
    FAULTS[fault](run)
    for step, source in (
        ("contacts", file_names.records_file),
        ("wave-000", lambda number: file_names.activities_file(number, 0)),
        ("wave-001", lambda number: file_names.activities_file(number, 1)),
    ):
        run.messages[step] = run.receive(step, source)
        run.consume(run.messages[step])

    entries = run.entries()
    written = {name for name, entry in entries.items() if entry.outcome is LedgerOutcome.WRITTEN}
    refused = {name: entry.reason for name, entry in entries.items() if entry.outcome is LedgerOutcome.REFUSED}
    count = {kind: run.portal.count(kind) for kind in KINDS}
    doubles = sum(count.values()) - len(written) - ALREADY_THERE.get(fault, 0)
    gone = 1 if fault == "207 association refused" else 0
    lonely = orphans(run)
    version = "2026-09" if any("2026-09" in path for _, path in run.portal.calls) else "v3"
    cells = (len(run.portal.calls), 3 * PLANNED, sum(count.values()), len(refused), doubles + gone, lonely)
    TABLE.append((fault, version, *map(str, cells)))

    assert len(entries) == 3 * PLANNED
    assert all(refused.values())
    assert len(refused) == REFUSED.get(fault, 0)
    assert (doubles + gone, lonely) == (0, 0)
    stages = {
        row["simcrm_record_key"]: row["lifecyclestage"]
        for row in run.portal.records(CONTACTS, "simcrm_record_key", "lifecyclestage")
    }
    assert {stages[name] for name in written if ":contact:" in name} == {"opportunity"}
    assert [entry.key for entry in Ledger(run.files).read_all() if entry.kept] == []
    assert run.portal.by_key(CONTACTS).keys() - {None} == {name for name in written if ":contact:" in name}
