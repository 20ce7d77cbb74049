"""Each object that is settled, repaired or archived is measured once."""

from collections.abc import Callable
from datetime import UTC, datetime

from builders import activity_row, entry, pair_row, write_request
from lambda_events import sqs_event
from measured import flush_values
from portal_in_process import LocalPortal
from template_resources import Resources
from unit.generation.conftest import TextHarness, model, workshop  # noqa: F401 - fixtures

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.jobs.clean_up import CleanupJob
from simcrm.jobs.retry_refused import RetryRefusedJob
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.ledger_entries import LedgerOutcome as End
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.dead_letter_store import DeadLetter, store_dead_letter
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer, record_outcome_metrics

CONTACTS, COMPANIES, NOTES = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.NOTES


def test_objects_count_by_type_and_by_how_they_ended() -> None:
    ends = (End.WRITTEN, End.WRITTEN, End.REFUSED, End.DRY_RUN)
    record_outcome_metrics(
        [entry(NOTES, 0, number, outcome) for number, outcome in enumerate(ends)] + [entry(CONTACTS)]
    )

    assert flush_values() == {
        (Metric.RECORDS_WRITTEN, NOTES): 2,
        (Metric.RECORDS_WRITTEN, CONTACTS): 1,
        (Metric.RECORDS_FAILED, NOTES): 1,
        (Metric.RECORDS_SKIPPED, NOTES): 1,
    }


def test_a_writer_counts_what_it_settles_once(
    client: HubSpotClient, files: SimulationFiles, generated: Callable[..., None]
) -> None:
    generated([pair_row(0), pair_row(1)])
    writer = Writer(BatchWriter(client), lambda _: files)
    for _ in range(2):
        writer.write([writer.open(parse_write_request(write_request()))])

    counted = flush_values()
    assert counted[(Metric.RECORDS_WRITTEN, CONTACTS)] == 2
    assert counted[(Metric.RECORDS_WRITTEN, COMPANIES)] == 2


def test_of_two_writers_that_settle_a_step_at_once_the_first_one_counts(
    client: HubSpotClient, files: SimulationFiles, generated: Callable[..., None]
) -> None:
    generated([pair_row(0)])
    writer = Writer(BatchWriter(client), lambda _: files)
    for job in [writer.open(parse_write_request(write_request())) for _ in range(2)]:
        writer.write([job])

    assert flush_values()[(Metric.RECORDS_WRITTEN, CONTACTS)] == 1


def test_a_change_of_stage_is_no_further_record(
    client: HubSpotClient, files: SimulationFiles, generated: Callable[..., None]
) -> None:
    change = activity_row(CONTACTS, 0, lifecyclestage="opportunity")
    generated([pair_row(0)], waves=[change])
    writer = Writer(BatchWriter(client), lambda _: files)
    for fields in ({}, {"step": "wave-000", "source": "activities/000000/000.jsonl"}):
        writer.write([writer.open(parse_write_request(write_request(**fields)))])

    assert flush_values()[(Metric.RECORDS_WRITTEN, CONTACTS)] == 1


def test_a_repair_counts_what_it_wrote_and_not_again_what_is_still_refused(
    client: HubSpotClient, portal: LocalPortal, files: SimulationFiles, generated: Callable[..., None]
) -> None:
    held = {"properties": {"email": pair_row(0)["contact"]["email"]}}
    holder = portal.request("POST", "/crm/v3/objects/contacts", held)["id"]
    generated([pair_row(0), pair_row(1, email="no address")])
    writer = Writer(BatchWriter(client), lambda _: files)
    writer.write([writer.open(parse_write_request(write_request()))])
    assert flush_values()[(Metric.RECORDS_FAILED, CONTACTS)] == 2
    portal.request("DELETE", f"/crm/v3/objects/contacts/{holder}")

    RetryRefusedJob(writer, files, lambda: False, RunCounters(None, files.simulation_id), client).run()

    counted = flush_values()
    assert counted[(Metric.RECORDS_WRITTEN, CONTACTS)] == 1
    assert (Metric.RECORDS_FAILED, CONTACTS) not in counted


def test_a_clean_up_counts_what_it_archived(
    client: HubSpotClient, files: SimulationFiles, generated: Callable[..., None]
) -> None:
    generated([pair_row(0), pair_row(1)])
    writer = Writer(BatchWriter(client), lambda _: files)
    writer.write([writer.open(parse_write_request(write_request()))])

    CleanupJob(client, files, lambda: False, lambda _: None).run()

    assert flush_values()[Metric.RECORDS_ARCHIVED] == 4


def test_a_dead_letter_counts(resources: Resources) -> None:
    (record,) = sqs_event(write_request())["Records"]
    store_dead_letter(
        DeadLetter.from_sqs_record(record),
        aws_clients.s3(),
        resources.bucket,
        TaskCallbacks(aws_clients.step_functions()),
        datetime.now(UTC),
    )

    assert flush_values() == {Metric.DEAD_LETTERS: 1}


def test_every_end_in_the_ledger_has_a_measure() -> None:
    """Only an export says that an object was taken back; the ledger keeps how it had ended."""
    ends = set(End) - {End.TAKEN_BACK}
    for number, outcome in enumerate(ends):
        record_outcome_metrics([LedgerEntry(key=str(number), object_type=NOTES, outcome=outcome)])

    assert sum(flush_values().values()) == len(ends)
