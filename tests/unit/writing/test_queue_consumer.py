from typing import Any

import httpx2
import pytest
from builders import activity_row, key, pair_row, write_request
from recorders import LogLines
from unit.writing.conftest import Generate, QueueHarness

from simcrm.cache.run_counters import RunCounters
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.storage import file_names
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerOutcome
from simcrm.storage.run_status import StopReason
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.queue_consumer import Message


def request(batch: int = 0, **fields: Any) -> str:
    return write_request(**{"taskToken": f"token-{batch}", "batch": batch, **fields})


def test_a_written_message_leaves_the_queue(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0), pair_row(1)])

    assert desk.consume(desk.receive(request())) == []
    assert desk.portal.count("contacts") == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("nonsense", "message: Invalid JSON"),
        (request(step="everything"), "step: "),
        (request(7), "there is no simulations/sim-test/records/000007.jsonl"),
        (request(simulationId="sim-unknown"), "there is no simulations/sim-unknown/plan.json"),
    ],
)
def test_a_message_that_no_retry_mends_goes_to_the_dead_letters_with_its_reason_and_holds_up_nothing(
    desk: QueueHarness, generated: Generate, body: str, reason: str
) -> None:
    generated([pair_row(0)])

    kept = desk.consume(desk.receive(body, request(0)))

    assert kept == []
    ((dead, attributes),) = desk.dead_letters()
    assert dead == body
    assert attributes["reason"].startswith(reason)
    assert attributes["category"] == "validation"
    assert list(desk.calls.responses()) == ["token-0"]
    assert desk.portal.count("contacts") == 1


def test_only_unusable_messages_call_nobody(desk: QueueHarness) -> None:
    assert desk.consume(desk.receive("nonsense", "[]")) == []
    assert (desk.portal.calls, desk.calls.responses()) == ([], {})


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"kind": "rate_limit", "retryAfter": 40}, 40),
        ({"kind": "rate_limit"}, 15),
        ({"kind": "status", "status": 503}, 15),
        ({"kind": "status", "status": 423}, 2),
        ({"kind": "drop"}, 15),
        ({"kind": "rate_limit", "retryAfter": 0}, 1),
    ],
)
def test_while_the_portal_is_busy_messages_stay_in_the_queue_for_as_long_as_it_asks(
    desk: QueueHarness, generated: Generate, fault: dict[str, Any], seconds: int
) -> None:
    generated([pair_row(0)], [pair_row(1)])
    desk.portal.fault(**fault, times=None)
    messages = desk.receive(request(0), request(1))

    kept = desk.consume(messages)

    assert kept == messages
    assert desk.hidden_seconds() == {message.receipt_handle: seconds for message in messages}
    assert desk.calls.responses() == {}


def test_a_message_that_waited_is_written_when_it_comes_again(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="rate_limit", retryAfter=40)
    messages = desk.receive(request(0))

    assert desk.consume(messages) == messages
    assert desk.consume(messages) == []
    assert desk.portal.count("contacts") == 1


def test_a_pair_whose_association_is_refused_alone_stands_in_the_ledger_with_the_reason(
    desk: QueueHarness, generated: Generate, files: SimulationFiles
) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=400, path="associations")

    assert desk.consume(desk.receive(request(0))) == []

    (contact,) = [entry for entry in Ledger(files).read_step(0, "contacts") or () if ":contact:" in entry.key]
    assert contact.outcome is LedgerOutcome.WRITTEN
    assert str(contact.reason).startswith("an association was refused: HubSpot answered 400")


def test_a_request_that_comes_twice_in_one_delivery_is_counted_once(
    desk: QueueHarness, generated: Generate, metrics: RunCounters
) -> None:
    generated([pair_row(0)])

    assert desk.consume(desk.receive(request(0), request(0, taskToken="token-again"))) == []

    assert metrics.read()["records_settled"] == "2"
    assert set(desk.calls.responses()) == {"token-0", "token-again"}


def test_of_two_writers_that_settle_a_step_at_once_the_first_one_counts(
    desk: QueueHarness, generated: Generate, metrics: RunCounters
) -> None:
    generated([pair_row(0)])
    early, late = desk.receive(request(0), request(0, taskToken="token-again"))

    def overtake(_: httpx2.Request) -> None:
        desk.portal.intercept = lambda _: None
        desk.consume([early])

    desk.portal.intercept = overtake
    assert desk.consume([late]) == []

    assert metrics.read()["records_settled"] == "2"
    assert desk.calls.responses()["token-0"] == desk.calls.responses()["token-again"]


def test_what_is_written_is_counted_by_its_time_and_by_stages(
    desk: QueueHarness, generated: Generate, metrics: RunCounters
) -> None:
    change = activity_row(ObjectType.CONTACTS, index=0) | {"properties": {"lifecyclestage": "opportunity"}}
    generated([pair_row(0, lifecyclestage="lead"), pair_row(1, lifecyclestage="customer")], waves=[change])
    wave = {"step": "wave-000", "source": "activities/000000/000.jsonl", "taskToken": "token-wave"}

    assert desk.consume(desk.receive(request(0))) == []
    assert desk.consume(desk.receive(request(0, **wave))) == []

    reached = {stage: metrics.read()[f"contacts_reached_{stage}"] for stage in LifecycleStage}
    assert list(reached.values()) == ["2", "2", "2", "1"]
    assert sum((metrics.read_throughput() or {}).values()) == 5


def test_a_receipt_that_has_expired_keeps_the_message_too(
    desk: QueueHarness, generated: Generate, log_lines: LogLines
) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)
    message = Message("1", "expired", request(0))

    assert desk.consume([message]) == [message]
    assert len(log_lines.with_event_id("VISIBILITY_UNCHANGED")) == 1


def test_a_portal_that_refuses_fails_all_tasks_and_leaves_the_reason_for_the_status(
    desk: QueueHarness, generated: Generate, files: SimulationFiles
) -> None:
    generated([pair_row(0)], [pair_row(1)])
    desk.portal.fault(kind="status", status=401)

    kept = desk.consume(desk.receive(request(0), request(1)))

    noted = files.read(file_names.STOP, StopReason)
    assert kept == []
    assert noted is not None
    stop = noted.reason
    assert stop is not None
    assert stop.code == "PORTAL_REFUSED"
    assert "hubspotToken" in stop.message
    assert desk.calls.responses() == dict.fromkeys(["token-0", "token-1"], f"PORTAL_REFUSED: {stop.message}")


def test_a_refusal_settles_nothing_so_that_a_resumed_run_writes_it(
    desk: QueueHarness, generated: Generate, files: SimulationFiles
) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="rate_limit", policy="DAILY")
    desk.consume(desk.receive(request(0)))
    assert Ledger(files).read_step(0, "contacts") is None

    desk.consume(desk.receive(request(0)))

    assert list(desk.portal.by_key("contacts")) == [key(ObjectType.CONTACTS)]
