"""Store a dead letter for the operator and fail the task that is waiting for it."""

import logging
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core import aws_clients
from simcrm.core.config import StorageConfig
from simcrm.core.log import log_event
from simcrm.writing.dead_letter_store import DeadLetter, store_dead_letter
from simcrm.writing.message_errors import describe_error, short_error_location
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm_lambda.entry import entry_point


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take SQS records of the dead-letter queue and return the ids of those that could not be stored."""
    config = StorageConfig.load()
    tasks = TaskCallbacks(aws_clients.step_functions())
    failed: list[str] = []
    for record in event["Records"]:
        try:
            store_dead_letter(
                DeadLetter.from_sqs_record(record), aws_clients.s3(), config.bucket_name, tasks, datetime.now(UTC)
            )
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
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
