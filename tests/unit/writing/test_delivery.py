import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from builders import key, pair_row, write_request
from portal_in_process import LocalPortal
from template_resources import Resources
from unit.conftest import ApiCalls, LogLines

from simcrm import aws
from simcrm.cache.metrics import Metrics
from simcrm.models.objects import ObjectType
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger
from simcrm.storage.status import Failure
from simcrm.writing.delivery import Delivery, Message, deliver
from simcrm.writing.tasks import TaskAnswers
from simcrm.writing.writer import Writer

Generate = Callable[..., None]
CONTACTS = ObjectType.CONTACTS


@pytest.fixture
def delivery(
    writer: Writer, resources: Resources, artifacts_of: Callable[[str], Artifacts], cache: redis.Redis
) -> Delivery:
    return Delivery(
        writer,
        TaskAnswers(aws.step_functions()),
        aws.sqs(),
        resources.write_queue_url,
        resources.dead_letter_url,
        artifacts_of,
        cache,
    )


@pytest.fixture
def received(resources: Resources) -> Callable[..., list[Message]]:
    """Send bodies to the write queue and receive them, as the event source does."""

    def send_and_receive(*bodies: str) -> list[Message]:
        queue, url = aws.sqs(), resources.write_queue_url
        for body in bodies:
            queue.send_message(QueueUrl=url, MessageBody=body)
        found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        return [Message(item["MessageId"], item["ReceiptHandle"], item["Body"]) for item in found]

    return send_and_receive


def dead_letters(resources: Resources) -> list[tuple[str, dict[str, str]]]:
    """The bodies and attributes of what lies in the dead letter queue."""
    found = aws.sqs().receive_message(
        QueueUrl=resources.dead_letter_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        (item["Body"], {name: value["StringValue"] for name, value in item["MessageAttributes"].items()})
        for item in found.get("Messages", [])
    ]


def run(delivery: Delivery, messages: list[Message], portal: LocalPortal | None = None) -> list[Message]:
    return deliver(delivery, messages, lambda: 0 if portal is None else len(portal.calls))


def request(batch: int = 0, **fields: Any) -> str:
    return write_request(**{"taskToken": f"token-{batch}", "batch": batch, **fields})


def test_a_written_message_leaves_the_queue_and_its_task_goes_on(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, api_calls: ApiCalls
) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    kept = run(delivery, received(request()))

    assert kept == []
    assert json.loads(api_calls.answers()["token-0"]) == {"written": 3, "refused": 1}


def test_each_task_hears_of_its_own_step(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, api_calls: ApiCalls
) -> None:
    generated([pair_row(0)], [pair_row(1), pair_row(2)])

    run(delivery, received(request(0), request(1)))

    answers = {token: json.loads(output)["written"] for token, output in api_calls.answers().items()}
    assert answers == {"token-0": 2, "token-1": 4}


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
    delivery: Delivery,
    received: Callable[..., list[Message]],
    generated: Generate,
    resources: Resources,
    api_calls: ApiCalls,
    body: str,
    reason: str,
) -> None:
    generated([pair_row(0)])

    kept = run(delivery, received(body, request(0)))

    assert kept == []
    ((dead, attributes),) = dead_letters(resources)
    assert dead == body
    assert attributes["reason"].startswith(reason)
    assert attributes["category"] == "validation"
    assert list(api_calls.answers()) == ["token-0"]


def test_only_unusable_messages_call_nobody(
    delivery: Delivery, received: Callable[..., list[Message]], portal: LocalPortal, api_calls: ApiCalls
) -> None:
    assert run(delivery, received("nonsense", "[]"), portal) == []
    assert portal.calls == []
    assert api_calls.answers() == {}


def visibility(api_calls: ApiCalls) -> dict[str, int]:
    return {call["ReceiptHandle"]: call["VisibilityTimeout"] for call in api_calls.of("ChangeMessageVisibility")}


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"kind": "rate_limit", "retryAfter": 40, "times": None}, 40),
        ({"kind": "rate_limit", "times": None}, 15),
        ({"kind": "status", "status": 503, "times": None}, 15),
        ({"kind": "status", "status": 423, "times": None}, 2),
        ({"kind": "drop", "times": None}, 15),
        ({"kind": "rate_limit", "retryAfter": 0, "times": None}, 1),
    ],
)
def test_while_the_portal_is_busy_messages_stay_in_the_queue_for_as_long_as_it_asks(
    delivery: Delivery,
    received: Callable[..., list[Message]],
    generated: Generate,
    portal: LocalPortal,
    api_calls: ApiCalls,
    fault: dict[str, Any],
    seconds: int,
) -> None:
    generated([pair_row(0)], [pair_row(1)])
    portal.fault(**fault)
    messages = received(request(0), request(1))

    kept = run(delivery, messages)

    assert kept == messages
    assert visibility(api_calls) == {message.receipt_handle: seconds for message in messages}
    assert api_calls.answers() == {}


def test_a_message_that_waited_is_written_when_it_comes_again(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0)])
    portal.fault(kind="rate_limit", retryAfter=40)
    messages = received(request(0))

    assert run(delivery, messages) == messages
    assert run(delivery, messages) == []
    assert portal.count("contacts") == 1


def test_an_association_call_that_is_refused_as_a_whole_leaves_the_message_in_the_queue(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, portal: LocalPortal
) -> None:
    generated([pair_row(0)])
    portal.fault(kind="status", status=400, path="associations")
    messages = received(request(0))

    assert run(delivery, messages) == messages


def test_a_receipt_that_has_expired_keeps_the_message_too(
    delivery: Delivery, generated: Generate, portal: LocalPortal, log_lines: LogLines
) -> None:
    generated([pair_row(0)])
    portal.fault(kind="status", status=503, times=None)
    message = Message("1", "expired", request(0))

    assert run(delivery, [message]) == [message]
    assert len(log_lines.of("VISIBILITY_UNCHANGED")) == 1


def stop_of(artifacts: Artifacts) -> Failure | None:
    return artifacts.read(names.STOP, Failure)


def test_a_portal_that_refuses_fails_all_tasks_and_leaves_the_reason_for_the_status(
    delivery: Delivery,
    received: Callable[..., list[Message]],
    generated: Generate,
    portal: LocalPortal,
    api_calls: ApiCalls,
    artifacts: Artifacts,
) -> None:
    generated([pair_row(0)], [pair_row(1)])
    portal.fault(kind="status", status=401)

    kept = run(delivery, received(request(0), request(1)))

    stop = stop_of(artifacts)
    assert kept == []
    assert stop is not None
    assert stop.code == "PORTAL_REFUSED"
    assert "hubspotToken" in stop.message
    assert api_calls.answers() == dict.fromkeys(["token-0", "token-1"], f"PORTAL_REFUSED: {stop.message}")


def test_a_refusal_settles_nothing_so_that_a_resumed_run_writes_it(
    delivery: Delivery,
    received: Callable[..., list[Message]],
    generated: Generate,
    portal: LocalPortal,
    artifacts: Artifacts,
) -> None:
    generated([pair_row(0)])
    portal.fault(kind="rate_limit", policy="DAILY")
    run(delivery, received(request(0)))
    assert Ledger(artifacts).step(0, "contacts") is None

    run(delivery, received(request(0)))

    assert list(portal.by_key("contacts")) == [key(CONTACTS)]


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_message_whose_task_is_over_is_done(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, portal: LocalPortal, code: str
) -> None:
    generated([pair_row(0)])
    messages = received(request(0))

    with Stubber(delivery.tasks._step_functions) as stub:
        stub.add_client_error("send_task_success", service_error_code=code)
        assert run(delivery, messages) == []

    assert portal.count("contacts") == 1


def test_a_task_that_could_not_be_answered_makes_the_message_come_again(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, api_calls: ApiCalls
) -> None:
    generated([pair_row(0)])
    messages = received(request(0))

    with Stubber(delivery.tasks._step_functions) as stub:
        stub.add_client_error("send_task_success", service_error_code="ThrottlingException")
        with pytest.raises(ClientError):
            run(delivery, messages)

    assert run(delivery, messages) == []
    assert "token-0" in api_calls.answers()


def test_written_and_refused_objects_and_calls_are_counted(
    delivery: Delivery,
    received: Callable[..., list[Message]],
    generated: Generate,
    portal: LocalPortal,
    metrics: Metrics,
) -> None:
    generated([pair_row(0), pair_row(1, email="no address")])

    run(delivery, received(request(0)), portal)

    assert metrics.read() == {
        "companies_created": "2",
        "contacts_created": "1",
        "records_refused": "1",
        "records_settled": "4",
        "hubspot_calls": "3",
    }


def test_activities_are_counted_apart_from_records(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, metrics: Metrics
) -> None:
    generated([], waves=[])

    run(delivery, received(request(0, step="wave-000", source="activities/000000/000.jsonl")))

    assert metrics.read()["activities_settled"] == "0"


def test_a_message_that_was_settled_before_is_not_counted_again(
    delivery: Delivery, received: Callable[..., list[Message]], generated: Generate, metrics: Metrics
) -> None:
    generated([pair_row(0)])
    messages = received(request(0))
    run(delivery, messages)
    before = metrics.read()

    run(delivery, messages)

    assert metrics.read() == before


def test_calls_to_a_busy_portal_are_counted_too(
    delivery: Delivery,
    received: Callable[..., list[Message]],
    generated: Generate,
    portal: LocalPortal,
    metrics: Metrics,
) -> None:
    generated([pair_row(0)])
    portal.fault(kind="status", status=503, times=None)

    run(delivery, received(request(0)), portal)

    assert metrics.read() == {"hubspot_calls": "4"}
