"""Messages that were given up: kept for the operator, and the end of waiting for their task."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from simcrm import log, measures
from simcrm.measures import Measure
from simcrm.writing.request import UnusableMessageError, WriteRequest, parse_request
from simcrm.writing.tasks import TaskAnswers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "dead-letters/"

UNDELIVERED = "Undelivered"
"""The error name the state machine retries with a new message."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of the dead letter queue; ``reason`` is known where the writer gave it up itself."""

    message_id: str
    body: str
    receives: int
    reason: str
    category: str

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """From an SQS record of a Lambda event."""
        attributes = record.get("messageAttributes") or {}
        receives = int(record["attributes"].get("ApproximateReceiveCount", "1"))
        return cls(
            message_id=record["messageId"],
            body=record["body"],
            receives=receives,
            reason=_text(attributes, "reason") or "no writer settled the message before its last receive",
            category=_text(attributes, "category") or "unknown",
        )


def bury(letter: DeadLetter, s3: "S3Client", bucket: str, tasks: TaskAnswers, now: datetime) -> None:
    """Keep the letter under ``dead-letters/`` and fail its task, if it has one."""
    request = _request(letter)
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
    s3.put_object(Bucket=bucket, Key=_name(letter, now), Body=json.dumps(document).encode())
    if request is not None:
        tasks.fail(request.task_token, UNDELIVERED, letter.reason)
    measures.add(Measure.DEAD_LETTERS)
    log.event(
        "DEAD_LETTER",
        "a message was given up",
        level=logging.ERROR,
        simulationId=document["simulationId"],
        messageId=letter.message_id,
        category=letter.category,
        reason=letter.reason,
    )


def _name(letter: DeadLetter, now: datetime) -> str:
    """Sorted by time; the category is in the name so that counting needs no reading."""
    return f"{PREFIX}{now:%Y%m%dT%H%M%S}/{letter.category}/{letter.message_id}.json"


def _request(letter: DeadLetter) -> WriteRequest | None:
    try:
        return parse_request(letter.body)
    except UnusableMessageError:
        return None


def _text(attributes: dict[str, Any], name: str) -> str | None:
    return (attributes.get(name) or {}).get("stringValue")
