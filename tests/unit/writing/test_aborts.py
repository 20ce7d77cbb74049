"""Once a run is aborted nothing more of it is sent, and what was under way is in the ledger as it ended."""

from collections.abc import Callable

import pytest
from builders import SIMULATION, START, activity_row, key, pair_row, plan, write_request
from portal_in_process import TOKEN, VERSION, LocalPortal
from unit.writing.conftest import Generate, QueueHarness

from simcrm.core.errors import SimulationAbortedError
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.batch_writer import BatchWriter
from simcrm.hubspot.client import HubSpotClient
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortCache, AbortMarker, write_abort_marker
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.queue_consumer import Message, QueueConsumer, consume
from simcrm.writing.write_request import parse_write_request
from simcrm.writing.writer import Writer, belongs_to_aborted

COMPANIES, CONTACTS, NOTES = ObjectType.COMPANIES, ObjectType.CONTACTS, ObjectType.NOTES
OTHER = "sim-other"


class MarkedAborts(set[str]):
    """Aborts that begin at a call of the portal: the ``after``-th that is about to be made."""

    def __init__(self, after: int, simulation_id: str = SIMULATION) -> None:
        super().__init__()
        self._left, self._id = after, simulation_id

    def note_call(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.add(self._id)


def create_writer(portal: LocalPortal, open_files: Callable[[str], SimulationFiles], aborts: MarkedAborts) -> Writer:
    """A writer whose client tells ``aborts`` of each call it has made."""
    client = HubSpotClient(portal.http(TOKEN), ApiPaths(VERSION), aborts.note_call)
    return Writer(
        BatchWriter(client, is_blocked=lambda item: belongs_to_aborted(item, aborts)), open_files, aborts=aborts
    )


def outcomes(files: SimulationFiles) -> dict[str, LedgerOutcome]:
    return {entry.key: entry.outcome for entry in Ledger(files).read_all()}


def settle(writer: Writer, *bodies: str) -> None:
    writer.write([writer.open(parse_write_request(body)) for body in bodies])


def test_an_abort_between_two_calls_stops_before_the_next_and_keeps_what_was_answered(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], files: SimulationFiles, generated: Generate
) -> None:
    generated([pair_row(index) for index in range(3)])

    settle(create_writer(portal, open_files, MarkedAborts(after=1)), write_request())

    assert (portal.count("companies"), portal.count("contacts")) == (3, 0)
    assert outcomes(files) == {key(COMPANIES, index): LedgerOutcome.WRITTEN for index in range(3)} | {
        key(CONTACTS, index): LedgerOutcome.ABORTED for index in range(3)
    }


def test_contacts_that_are_there_when_the_abort_comes_are_ledgered_as_written_and_unlinked(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], files: SimulationFiles, generated: Generate
) -> None:
    generated([pair_row(0)])

    settle(create_writer(portal, open_files, MarkedAborts(after=2)), write_request())

    (contact,) = [entry for entry in Ledger(files).read_all() if entry.object_type is CONTACTS]
    assert contact.outcome is LedgerOutcome.WRITTEN
    assert "aborted" in str(contact.reason)
    assert portal.count("contacts") == 1


def test_an_abort_stops_a_batch_in_the_middle_of_a_type(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], files: SimulationFiles, generated: Generate
) -> None:
    generated([pair_row(index) for index in range(250)])

    settle(create_writer(portal, open_files, MarkedAborts(after=2)), write_request())

    assert (portal.count("companies"), portal.count("contacts")) == (200, 0)
    ended = list(outcomes(files).values())
    assert (ended.count(LedgerOutcome.WRITTEN), ended.count(LedgerOutcome.ABORTED), len(ended)) == (200, 300, 500)


def test_another_simulation_in_the_same_calls_is_written_to_its_end(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], files: SimulationFiles, generated: Generate
) -> None:
    generated([pair_row(0)])
    write_plan(open_files(OTHER), plan(simulation_id=OTHER))
    open_files(OTHER).write_lines(file_names.records_file(0), [pair_row(1)])

    settle(create_writer(portal, open_files, MarkedAborts(after=1)), write_request(), write_request(simulationId=OTHER))

    assert set(outcomes(open_files(OTHER)).values()) == {LedgerOutcome.WRITTEN}
    assert list(portal.by_key("contacts")) == [key(CONTACTS, 1, simulation_id=OTHER)]
    assert outcomes(files)[key(CONTACTS, 0)] is LedgerOutcome.ABORTED


def test_activities_that_are_created_stop_too(
    portal: LocalPortal, open_files: Callable[[str], SimulationFiles], files: SimulationFiles, generated: Generate
) -> None:
    generated([pair_row(0)], waves=[activity_row(NOTES, 0), activity_row(ObjectType.TASKS, 0)])
    settle(Writer(BatchWriter(portal.client()), open_files), write_request())

    body = write_request(step="wave-000", source=file_names.activities_file(0, 0))
    settle(create_writer(portal, open_files, MarkedAborts(after=1)), body)

    assert (portal.count("notes"), portal.count("tasks")) == (1, 0)
    assert outcomes(files)[key(ObjectType.TASKS, 0, 0)] is LedgerOutcome.ABORTED


def test_a_message_of_an_aborted_run_calls_nobody_and_fails_its_task(
    desk: QueueHarness,
    delivery: QueueConsumer,
    files: SimulationFiles,
    open_files: Callable[[str], SimulationFiles],
    generated: Generate,
) -> None:
    generated([pair_row(0)])
    write_abort_marker(files, AbortMarker(at=START))
    writer = Writer(BatchWriter(desk.portal.client()), open_files, aborts=AbortCache(open_files))
    aborted = QueueConsumer(
        writer, delivery.tasks, delivery.sqs, delivery.queue_url, delivery.dead_letter_url, open_files, None
    )

    kept = consume(aborted, [Message("1", "receipt", write_request())], lambda: 0)

    assert (kept, desk.portal.calls, desk.dead_letters()) == ([], [], [])
    (answer,) = desk.calls.responses().values()
    assert answer.startswith("SIMULATION_ABORTED: ")
    assert outcomes(files) == {}


def test_an_aborted_run_is_not_opened(
    open_files: Callable[[str], SimulationFiles], files: SimulationFiles, client: HubSpotClient
) -> None:
    write_abort_marker(files, AbortMarker(at=START))
    writer = Writer(BatchWriter(client), open_files, aborts=AbortCache(open_files))

    with pytest.raises(SimulationAbortedError):
        writer.open(parse_write_request(write_request()))


def test_an_abort_is_seen_after_two_seconds_at_the_latest_and_never_forgotten(
    open_files: Callable[[str], SimulationFiles], files: SimulationFiles
) -> None:
    moment = [0.0]
    aborts = AbortCache(open_files, lambda: moment[0])
    assert SIMULATION not in aborts
    write_abort_marker(files, AbortMarker(at=START))

    moment[0] = 1.9
    soon = SIMULATION in aborts
    moment[0] = 2.0

    assert (soon, SIMULATION in aborts, OTHER in aborts) == (False, True, False)


def test_a_process_asks_once_in_two_seconds(
    open_files: Callable[[str], SimulationFiles],
) -> None:
    opened: list[str] = []

    def open_noting(simulation_id: str) -> SimulationFiles:
        opened.append(simulation_id)
        return open_files(simulation_id)

    aborts = AbortCache(open_noting, lambda: 1.0)

    assert [SIMULATION in aborts for _ in range(5)] == [False] * 5
    assert opened == [SIMULATION]
