"""Store dead letters for the operator, and fail the tasks that wait for them."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.log import log_event
from simcrm.writing.message_errors import describe_error, short_error_location
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm.writing.write_request import InvalidMessageError, WriteRequest, parse_write_request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "dead-letters/"

UNDELIVERED = "Undelivered"
"""The error name the state machine retries with a new message."""

ALREADY_STORED = {"PreconditionFailed", "412"}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message from the dead-letter queue; ``reason`` is specific if the writer gave it up itself."""

    message_id: str
    body: str
    receives: int
    reason: str
    category: str
    sent: datetime

    @classmethod
    def from_sqs_record(cls, record: dict[str, Any]) -> Self:
        """Parse an SQS record of a Lambda event."""
        attributes = record.get("messageAttributes") or {}
        sqs_attributes = record["attributes"]
        return cls(
            message_id=record["messageId"],
            body=record["body"],
            receives=int(sqs_attributes.get("ApproximateReceiveCount", "1")),
            reason=_text_attribute(attributes, "reason") or "no writer settled the message before its last receive",
            category=_text_attribute(attributes, "category") or "unknown",
            sent=datetime.fromtimestamp(int(sqs_attributes.get("SentTimestamp", "0")) / 1000, UTC),
        )


def store_dead_letters(
    records: Iterable[dict[str, Any]], s3: "S3Client", bucket: str, tasks: TaskCallbacks, now: datetime
) -> list[str]:
    """Store the letters in SQS records and fail their tasks; return the message ids of those that failed."""
    failed = []
    for record in records:
        try:
            store_dead_letter(DeadLetter.from_sqs_record(record), s3, bucket, tasks, now)
        except Exception as error:  # noqa: BLE001 - a letter that cannot be stored must not block the others
            failed.append(record["messageId"])
            log_event(
                "MESSAGE_FAILED",
                "a dead letter could not be stored",
                level=logging.ERROR,
                messageId=record["messageId"],
                errorType=type(error).__name__,
                where=short_error_location(error),
                reason=describe_error(error),
            )
    return failed


def store_dead_letter(letter: DeadLetter, s3: "S3Client", bucket: str, tasks: TaskCallbacks, now: datetime) -> None:
    """Store the letter under ``dead-letters/`` and fail its task, if it has one.

    A letter delivered again because the invocation did not finish is stored and counted only once.
    """
    request = _parse_request(letter)
    if _store(letter, request, s3, bucket, now):
        cloudwatch_metrics.record(Metric.DEAD_LETTERS)
        log_event(
            "DEAD_LETTER",
            "a message was given up",
            level=logging.ERROR,
            simulationId=None if request is None else request.simulation_id,
            messageId=letter.message_id,
            category=letter.category,
            reason=letter.reason,
        )
    if request is not None:
        tasks.fail(request.task_token, UNDELIVERED, letter.reason)


def _store(letter: DeadLetter, request: WriteRequest | None, s3: "S3Client", bucket: str, now: datetime) -> bool:
    """Store the letter; return False if it was stored before."""
    document = {
        "messageId": letter.message_id,
        "simulationId": None if request is None else request.simulation_id,
        "batch": None if request is None else request.batch,
        "step": None if request is None else request.step,
        "category": letter.category,
        "reason": letter.reason,
        "at": now.isoformat(),
        "body": letter.body,
    }
    try:
        s3.put_object(Bucket=bucket, Key=_file_name(letter), Body=json.dumps(document).encode(), IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ALREADY_STORED:
            raise
        return False
    return True


def _file_name(letter: DeadLetter) -> str:
    """The object key, sorted by the time the message was sent, which is the same for every delivery.

    The category is part of the key so that letters can be counted without reading them.
    """
    return f"{PREFIX}{letter.sent:%Y%m%dT%H%M%S}/{letter.category}/{letter.message_id}.json"


def _parse_request(letter: DeadLetter) -> WriteRequest | None:
    try:
        return parse_write_request(letter.body)
    except InvalidMessageError:
        return None


def _text_attribute(attributes: dict[str, Any], name: str) -> str | None:
    return (attributes.get(name) or {}).get("stringValue")
