"""One bad message among others: it alone is tried again, and at last given up with what was wrong."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError
from builders import pair_row, plan, write_request
from recorders import LogLines
from unit.writing.conftest import Generate, QueueHarness

from simcrm.cache.run_counters import RunCounters
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.queue_consumer import Message, group_messages
from simcrm.writing.redelivery import MAX_CRASHES, CrashCounter, visibility_after_failures
from simcrm.writing.writer import Writer

GOOD, BAD = "sim-test", "sim-bad"
WRITING = "write ledger/"
PLACES = ("plan.json", "records/", "ledger/", WRITING)


class BrokenError(Exception):
    """What nobody expects."""


class BrokenFiles(SimulationFiles):
    """The data of a simulation of which one call fails."""

    error: Exception
    place: str

    def read_lines(self, name: str) -> list[dict[str, Any]] | None:
        self._fail(name)
        return super().read_lines(name)

    def read(self, name: str, model: Any) -> Any:
        self._fail(name)
        return super().read(name, model)

    def create_lines(self, name: str, rows: Any) -> str:
        self._fail(f"write {name}")
        return super().create_lines(name, rows)

    def _fail(self, name: str) -> None:
        if name.startswith(self.place):
            raise self.error


Break = Callable[..., QueueHarness]


@pytest.fixture
def broken(desk: QueueHarness, generated: Generate, open_files: Callable[[str], SimulationFiles]) -> Break:
    """A desk at which one of two planned simulations cannot be worked on."""

    def make(error: Exception, place: str = WRITING) -> QueueHarness:
        def data_of(simulation: str) -> SimulationFiles:
            found = open_files(simulation)
            if simulation != BAD:
                return found
            bad = BrokenFiles(found._s3, found.bucket, simulation)
            bad.error, bad.place = error, place
            return bad

        generated([pair_row(0)])
        write_plan(open_files(BAD), plan(BAD))
        open_files(BAD).write_lines(file_names.records_file(0), [pair_row(0, email="grace@bad.example")])
        delivery = desk.consumer
        writer = Writer(delivery.writer._portal, data_of)
        return replace(desk, consumer=replace(delivery, writer=writer, open_files=data_of))

    return make


def both(desk: QueueHarness) -> tuple[Message, Message]:
    """A message of each simulation."""
    good, bad = desk.receive(write_request(), write_request(simulationId=BAD, taskToken="token-bad"))
    return good, bad


@pytest.mark.parametrize("place", PLACES)
def test_an_error_of_one_message_leaves_the_others_as_they_are(broken: Break, place: str) -> None:
    desk = broken(BrokenError("the key is pat-na1-secret"), place)
    good, bad = both(desk)

    assert desk.consume([good, bad]) == [bad]
    assert list(desk.calls.responses()) == ["task-token"]
    assert desk.dead_letters() == []


@pytest.mark.parametrize("place", PLACES)
def test_a_message_that_fails_again_and_again_is_given_up_alone_with_what_was_wrong(
    broken: Break, place: str, log_lines: LogLines
) -> None:
    desk = broken(BrokenError("the key is pat-na1-secret"), place)
    good, bad = both(desk)
    kept = [desk.consume([good, bad]) for _ in range(MAX_CRASHES)]

    assert kept == [[bad]] * (MAX_CRASHES - 1) + [[]]
    ((body, attributes),) = desk.dead_letters()
    assert body == bad.body
    assert attributes["category"] == "error"
    assert attributes["reason"].startswith(f"failed {MAX_CRASHES} times: BrokenError at test_isolation.py:")
    assert {line["messageId"] for line in log_lines.with_event_id("MESSAGE_FAILED")} == {bad.id}
    assert "secret" not in str(log_lines.with_event_id("MESSAGE_FAILED"))


def test_a_failed_message_waits_longer_each_time(broken: Break) -> None:
    desk = broken(BrokenError())
    _, bad = both(desk)
    waits = []
    for _ in range(MAX_CRASHES - 1):
        desk.consume([bad])
        waits.append(desk.hidden_seconds()[bad.receipt_handle])

    assert waits == [15, 30, 60, 120, 240, 480, 900]
    assert visibility_after_failures(500) == 900


def aws_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("ThrottlingException", 400)])
def test_a_busy_service_is_waited_for_as_long_as_it_takes(broken: Break, code: str, status: int) -> None:
    desk = broken(aws_error(code, status))
    good, bad = both(desk)

    assert [desk.consume([good, bad]) for _ in range(2 * MAX_CRASHES)] == [[bad]] * (2 * MAX_CRASHES)
    assert desk.dead_letters() == []


def test_a_service_that_denies_says_so_in_the_letter(broken: Break) -> None:
    desk = broken(aws_error("AccessDenied", 403))
    _, bad = both(desk)
    for _ in range(MAX_CRASHES):
        desk.consume([bad])

    ((_, attributes),) = desk.dead_letters()
    assert attributes["reason"] == f"failed {MAX_CRASHES} times: PutObject: AccessDenied"


def test_a_letter_that_cannot_be_sent_keeps_its_message_and_its_reason(
    broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = broken(BrokenError())
    _, bad = both(desk)
    for _ in range(MAX_CRASHES - 1):
        desk.consume([bad])
    with monkeypatch.context() as patch:
        patch.setattr(desk.consumer.sqs, "send_message", lambda **_: (_ for _ in ()).throw(aws_error("Down", 500)))
        assert desk.consume([bad]) == [bad]

    assert desk.consume([bad]) == []
    ((_, attributes),) = desk.dead_letters()
    assert "BrokenError" in attributes["reason"]


def test_what_was_settled_before_an_error_is_counted_once(broken: Break, metrics: RunCounters) -> None:
    desk = broken(BrokenError())
    good, bad = both(desk)
    for _ in range(3):
        desk.consume([good, bad])

    assert metrics.read()["records_settled"] == "2"


def test_a_process_that_dies_takes_the_others_along_once(
    desk: QueueHarness, generated: Generate, cache: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """The process is gone."""

    def settle(jobs: Any) -> Any:
        if any(job.request.batch == 0 for job in jobs):
            raise KilledError
        return real(jobs)

    generated(*([pair_row(number)] for number in range(4)))
    messages = desk.receive(*(write_request(batch=number, taskToken=f"token-{number}") for number in range(4)))
    real = desk.consumer.writer.write
    monkeypatch.setattr(desk.consumer.writer, "write", settle)
    for _ in range(MAX_CRASHES):
        with pytest.raises(KilledError):
            desk.consume(messages)

    assert desk.consume(messages) == []
    ((body, attributes),) = desk.dead_letters()
    assert (body, attributes["category"]) == (messages[0].body, "timeout")
    assert set(desk.calls.responses()) == {f"token-{number}" for number in (1, 2, 3)}
    assert set(CrashCounter(cache).read([message.id for message in messages[1:]]).values()) == {1}


def test_who_may_end_the_process_is_settled_alone_and_the_likeliest_last() -> None:
    messages = [Message(name, name, name) for name in "abcde"]

    groups = group_messages(messages, {"a": 3, "b": 0, "c": 1, "d": 0, "e": 2})

    assert ["".join(message.id for message in group) for group in groups] == ["bd", "c", "e", "a"]
    assert group_messages([], {}) == []


def test_a_ledger_that_somebody_is_about_to_write_is_not_taken_for_written(
    desk: QueueHarness, generated: Generate, files: SimulationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated([pair_row(0)])
    (message,) = desk.receive(write_request())
    entries: list[list[LedgerEntry]] = []

    def lose(_ledger: Ledger, _batch: int, _step: str, found: list[LedgerEntry]) -> bool:
        entries.append(found)
        return False

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "create_step", lose)
        assert desk.consume([message]) == [message]
    assert desk.calls.responses() == {}

    assert desk.consume([message]) == []
    assert Ledger(files).read_step(0, "contacts") == entries[0]
