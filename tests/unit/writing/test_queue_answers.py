"""What tasks hear and what is counted of a delivery."""

import json

import pytest
from botocore.stub import Stubber
from builders import activity_row, pair_row, write_request
from unit.writing.conftest import Desk, Generate

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients

WAVE = {"step": "wave-000", "source": "activities/000000/000.jsonl"}


def request(batch: int = 0) -> str:
    return write_request(taskToken=f"token-{batch}", batch=batch)


def test_a_task_goes_on_when_each_of_its_objects_has_an_end(desk: Desk, generated: Generate) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    desk.deliver(desk.receive(request()))

    assert json.loads(desk.calls.answers()["token-0"]) == {"written": 3, "refused": 1}


def test_each_task_hears_of_its_own_step(desk: Desk, generated: Generate) -> None:
    generated([pair_row(0)], [pair_row(1), pair_row(2)])

    desk.deliver(desk.receive(request(0), request(1)))

    answers = {token: json.loads(output)["written"] for token, output in desk.calls.answers().items()}
    assert answers == {"token-0": 2, "token-1": 4}


def test_a_message_that_was_settled_before_is_answered_again(desk: Desk, generated: Generate) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())
    desk.deliver(messages)

    desk.deliver(messages)

    outputs = [json.loads(call["output"]) for call in desk.calls.of("SendTaskSuccess")]
    assert outputs == [{"written": 2, "refused": 0}] * 2


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_message_whose_task_is_over_is_done(desk: Desk, generated: Generate, code: str) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())

    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("send_task_success", service_error_code=code)
        assert desk.deliver(messages) == []

    assert desk.portal.count("contacts") == 1


def test_a_task_that_could_not_be_answered_makes_the_message_come_again(desk: Desk, generated: Generate) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())

    with Stubber(aws_clients.step_functions()) as stub:
        stub.add_client_error("send_task_success", service_error_code="ThrottlingException")
        assert desk.deliver(messages) == messages

    assert desk.deliver(messages) == []
    assert "token-0" in desk.calls.answers()


def test_written_and_refused_objects_and_calls_are_counted(desk: Desk, generated: Generate, metrics: Metrics) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    desk.deliver(desk.receive(request()))

    assert metrics.read() == {
        "companies_created": "2",
        "contacts_created": "1",
        "records_refused": "1",
        "records_settled": "4",
        "hubspot_calls": "3",
    }


def test_activities_are_counted_apart_from_records(desk: Desk, generated: Generate, metrics: Metrics) -> None:
    generated([pair_row(0)], waves=[activity_row(), activity_row(ordinal=1)])
    desk.deliver(desk.receive(request()))

    desk.deliver(desk.receive(write_request(**WAVE)))

    counted = metrics.read()
    assert (counted["records_settled"], counted["activities_settled"], counted["notes_created"]) == ("2", "2", "2")


def test_a_message_that_was_settled_before_is_not_counted_again(
    desk: Desk, generated: Generate, metrics: Metrics
) -> None:
    generated([pair_row(0)])
    messages = desk.receive(request())
    desk.deliver(messages)
    before = metrics.read()

    desk.deliver(messages)

    assert metrics.read() == before


def test_calls_to_a_busy_portal_are_counted_too(desk: Desk, generated: Generate, metrics: Metrics) -> None:
    generated([pair_row(0)])
    desk.portal.fault(kind="status", status=503, times=None)

    desk.deliver(desk.receive(request()))

    assert metrics.read() == {"hubspot_calls": "4"}
