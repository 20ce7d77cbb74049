"""Each object that is settled, repaired or archived is measured once."""

from collections.abc import Callable
from datetime import UTC, datetime

from builders import activity_row, entry, pair_row, write_request
from lambda_events import sqs_event
from measured import taken
from portal_in_process import LocalPortal
from template_resources import Resources
from unit.generation.conftest import Workshop, model, workshop  # noqa: F401 - fixtures

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.jobs.clean_up import Cleanup
from simcrm.jobs.retry_refused import Repair
from simcrm.models.crm_objects import ObjectType
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.ledger_entries import Outcome as End
from simcrm.storage.simulation_files import Artifacts
from simcrm.writing.dead_letter_store import DeadLetter, bury
from simcrm.writing.task_callbacks import TaskAnswers
from simcrm.writing.write_request import parse_request
from simcrm.writing.writer import Writer, measure_ends

CONTACTS, COMPANIES, NOTES = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.NOTES


def test_objects_count_by_type_and_by_how_they_ended() -> None:
    ends = (End.WRITTEN, End.WRITTEN, End.REFUSED, End.DRY_RUN)
    measure_ends([entry(NOTES, 0, number, outcome) for number, outcome in enumerate(ends)] + [entry(CONTACTS)])

    assert taken() == {
        (Measure.RECORDS_WRITTEN, NOTES): 2,
        (Measure.RECORDS_WRITTEN, CONTACTS): 1,
        (Measure.RECORDS_FAILED, NOTES): 1,
        (Measure.RECORDS_SKIPPED, NOTES): 1,
    }


def test_a_writer_counts_what_it_settles_once(
    client: HubSpotClient, artifacts: Artifacts, generated: Callable[..., None]
) -> None:
    generated([pair_row(0), pair_row(1)])
    writer = Writer(BatchWriter(client), lambda _: artifacts)
    for _ in range(2):
        writer.settle([writer.open(parse_request(write_request()))])

    counted = taken()
    assert counted[(Measure.RECORDS_WRITTEN, CONTACTS)] == 2
    assert counted[(Measure.RECORDS_WRITTEN, COMPANIES)] == 2


def test_of_two_writers_that_settle_a_step_at_once_the_first_one_counts(
    client: HubSpotClient, artifacts: Artifacts, generated: Callable[..., None]
) -> None:
    generated([pair_row(0)])
    writer = Writer(BatchWriter(client), lambda _: artifacts)
    for job in [writer.open(parse_request(write_request())) for _ in range(2)]:
        writer.settle([job])

    assert taken()[(Measure.RECORDS_WRITTEN, CONTACTS)] == 1


def test_a_change_of_stage_is_no_further_record(
    client: HubSpotClient, artifacts: Artifacts, generated: Callable[..., None]
) -> None:
    change = activity_row(CONTACTS, 0, lifecyclestage="opportunity")
    generated([pair_row(0)], waves=[change])
    writer = Writer(BatchWriter(client), lambda _: artifacts)
    for fields in ({}, {"step": "wave-000", "source": "activities/000000/000.jsonl"}):
        writer.settle([writer.open(parse_request(write_request(**fields)))])

    assert taken()[(Measure.RECORDS_WRITTEN, CONTACTS)] == 1


def test_a_repair_counts_what_it_wrote_and_not_again_what_is_still_refused(
    client: HubSpotClient, portal: LocalPortal, artifacts: Artifacts, generated: Callable[..., None]
) -> None:
    held = {"properties": {"email": pair_row(0)["contact"]["email"]}}
    holder = portal.ask("POST", "/crm/v3/objects/contacts", held)["id"]
    generated([pair_row(0), pair_row(1, email="no address")])
    writer = Writer(BatchWriter(client), lambda _: artifacts)
    writer.settle([writer.open(parse_request(write_request()))])
    assert taken()[(Measure.RECORDS_FAILED, CONTACTS)] == 2
    portal.ask("DELETE", f"/crm/v3/objects/contacts/{holder}")

    Repair(writer, artifacts, lambda: False, Metrics(None, artifacts.simulation_id), client).run()

    counted = taken()
    assert counted[(Measure.RECORDS_WRITTEN, CONTACTS)] == 1
    assert (Measure.RECORDS_FAILED, CONTACTS) not in counted


def test_a_clean_up_counts_what_it_archived(
    client: HubSpotClient, artifacts: Artifacts, generated: Callable[..., None]
) -> None:
    generated([pair_row(0), pair_row(1)])
    writer = Writer(BatchWriter(client), lambda _: artifacts)
    writer.settle([writer.open(parse_request(write_request()))])

    Cleanup(client, artifacts, lambda: False, lambda _: None).run()

    assert taken()[Measure.RECORDS_ARCHIVED] == 4


def test_a_dead_letter_counts(resources: Resources) -> None:
    (record,) = sqs_event(write_request())["Records"]
    bury(
        DeadLetter.of(record),
        aws_clients.s3(),
        resources.bucket,
        TaskAnswers(aws_clients.step_functions()),
        datetime.now(UTC),
    )

    assert taken() == {Measure.DEAD_LETTERS: 1}


def test_every_end_in_the_ledger_has_a_measure() -> None:
    """Only an export says that an object was taken back; the ledger keeps how it had ended."""
    ends = set(End) - {End.TAKEN_BACK}
    for number, outcome in enumerate(ends):
        measure_ends([LedgerEntry(key=str(number), object_type=NOTES, outcome=outcome)])

    assert sum(taken().values()) == len(ends)
