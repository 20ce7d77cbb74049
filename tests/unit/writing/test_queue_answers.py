"""What tasks hear and what is counted of a delivery."""

import json

import pytest
from botocore.stub import Stubber
from builders import activity_row, pair_row, write_request
from unit.writing.conftest import Generate, QueueHarness

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients

WAVE = {"step": "wave-000", "source": "activities/000000/000.jsonl"}


def request(batch: int = 0) -> str:
    return write_request(taskToken=f"token-{batch}", batch=batch)


def test_a_task_goes_on_when_each_of_its_objects_has_an_end(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    desk.consume(desk.receive(request()))

    assert json.loads(desk.calls.responses()["token-0"]) == {"written": 3, "refused": 1}


def test_each_task_hears_of_its_own_step(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0)], [pair_row(1), pair_row(2)])

    desk.consume(desk.receive(request(0), request(1)))

    answers = {token: json.loads(output)["written"] for token, output in desk.calls.responses().items()}
    assert answers == {"token-0": 2, "token-1": 4}


def test_a_message_that_was_settled_before_is_answered_again(desk: QueueHarness, generated: Generate) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())
    desk.consume(messages)

    desk.consume(messages)

    outputs = [json.loads(call["output"]) for call in desk.calls.for_operation("SendTaskSuccess")]
    assert outputs == [{"written": 2, "refused": 0}] * 2


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_message_whose_task_is_over_is_done(desk: QueueHarness, generated: Generate, code: str) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())

    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("send_task_success", service_error_code=code)
        assert desk.consume(messages) == []

    assert desk.portal.count("contacts") == 1


def test_a_task_that_could_not_be_answered_makes_the_message_come_again(
    desk: QueueHarness, generated: Generate
) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())

    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("send_task_success", service_error_code="ThrottlingException")
        assert desk.consume(messages) == messages

    assert desk.consume(messages) == []
    assert "token-0" in desk.calls.responses()


def test_written_and_refused_objects_and_calls_are_counted(
    desk: QueueHarness, generated: Generate, metrics: RunCounters
) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    desk.consume(desk.receive(request()))

    assert metrics.read() == {
        "companies_created": "2",
        "contacts_created": "1",
        "records_refused": "1",
        "records_settled": "4",
        "hubspot_calls": "3",
    }


def test_activities_are_counted_apart_from_records(
    desk: QueueHarness, generated: Generate, metrics: RunCounters
) -> None:
    generated([pair_row(0)], waves=[activity_row(), activity_row(ordinal=1)])
    desk.consume(desk.receive(request()))

    desk.consume(desk.receive(write_request(**WAVE)))

    counted = metrics.read()
    assert (counted["records_settled"], counted["activities_settled"], counted["notes_created"]) == ("2", "2", "2")


def test_a_message_that_was_settled_before_is_not_counted_again(
    desk: QueueHarness, generated: Generate, metrics: RunCounters
) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())
    desk.consume(messages)
    before = metrics.read()

    desk.consume(messages)

    assert metrics.read() == before


def test_calls_to_a_busy_portal_are_counted_too(desk: QueueHarness, generated: Generate, metrics: RunCounters) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)

    desk.consume(desk.receive(request()))

    assert metrics.read() == {"hubspot_calls": "4"}
