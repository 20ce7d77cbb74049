import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import write_request
from recorders import ApiCalls, LogLines
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.writing.dead_letter_store import UNDELIVERED, DeadLetter, store_dead_letter
from simcrm.writing.task_callbacks import TaskCallbacks

SENT = datetime(2026, 3, 2, 14, 4, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def record(body: str, receives: int = 8, **attributes: str) -> dict[str, Any]:
    """An SQS record of the dead letter queue, as Lambda gets it."""
    return {
        "messageId": "m-1",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": str(round(SENT.timestamp() * 1000))},
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()},
    }


def store(resources: Resources, letter: DeadLetter) -> dict[str, Any]:
    """Bury a letter; returns what is kept of it."""
    store_dead_letter(letter, aws_clients.s3(), resources.bucket, TaskCallbacks(aws_clients.step_functions()), NOW)
    key = f"dead-letters/20260302T140400/{letter.category}/m-1.json"
    found = aws_clients.s3().get_object(Bucket=resources.bucket, Key=key)
    document: dict[str, Any] = json.loads(found["Body"].read())
    return document


def test_a_letter_that_the_writer_gave_up_says_why() -> None:
    letter = DeadLetter.from_sqs_record(record("nonsense", 1, reason="message: Invalid JSON", category="validation"))

    assert (letter.reason, letter.category, letter.receives) == ("message: Invalid JSON", "validation", 1)


def test_a_letter_that_the_queue_gave_up_has_no_reason_of_the_writer() -> None:
    letter = DeadLetter.from_sqs_record(record(write_request(), 8))

    assert "before its last receive" in letter.reason
    assert (letter.category, letter.receives) == ("unknown", 8)


@pytest.mark.parametrize("attributes", [None, {}])
def test_a_record_without_attributes_is_read(attributes: dict[str, Any] | None) -> None:
    bare = record("x") | {"messageAttributes": attributes, "attributes": {}}

    assert DeadLetter.from_sqs_record(bare).receives == 1


def test_a_letter_is_kept_with_what_an_operator_asks_for(resources: Resources) -> None:
    body = write_request(batch=12)

    kept = store(resources, DeadLetter.from_sqs_record(record(body, reason="why", category="network")))

    assert kept == {
        "messageId": "m-1",
        "simulationId": "sim-test",
        "batch": 12,
        "step": "contacts",
        "category": "network",
        "reason": "why",
        "at": "2026-03-02T14:05:00+00:00",
        "body": body,
    }


def test_the_task_that_waits_for_a_letter_fails_by_the_name_the_state_machine_retries(
    resources: Resources, api_calls: ApiCalls
) -> None:
    store(resources, DeadLetter.from_sqs_record(record(write_request(), reason="why")))

    assert api_calls.responses() == {"task-token": "Undelivered: why"}
    assert UNDELIVERED == "Undelivered"


def test_a_letter_that_is_no_request_is_kept_and_fails_no_task(resources: Resources, api_calls: ApiCalls) -> None:
    kept = store(resources, DeadLetter.from_sqs_record(record("nonsense")))

    assert (kept["body"], kept["simulationId"], kept["batch"]) == ("nonsense", None, None)
    assert api_calls.responses() == {}


def test_a_letter_is_logged_as_an_error_without_its_body(resources: Resources, log_lines: LogLines) -> None:
    store(resources, DeadLetter.from_sqs_record(record(write_request(taskToken="secret-token"), reason="why")))

    (line,) = log_lines.with_event_id("DEAD_LETTER")
    assert (line["levelname"], line["simulationId"], line["reason"]) == ("ERROR", "sim-test", "why")
    assert "secret-token" not in str(line)


def test_a_letter_that_is_delivered_again_is_kept_and_counted_once_and_its_task_hears_of_it_again(
    resources: Resources, log_lines: LogLines, api_calls: ApiCalls
) -> None:
    letter = DeadLetter.from_sqs_record(record(write_request(), reason="why"))
    tasks = TaskCallbacks(aws_clients.step_functions())
    for later in (0, 90, 3_600):
        store_dead_letter(letter, aws_clients.s3(), resources.bucket, tasks, NOW + timedelta(seconds=later))

    kept = aws_clients.s3().list_objects_v2(Bucket=resources.bucket, Prefix="dead-letters/")["Contents"]
    assert len(kept) == len(log_lines.with_event_id("DEAD_LETTER")) == 1
    assert len(api_calls.for_operation("SendTaskFailure")) == 3
