"""Store a dead letter for the operator and fail the task that is waiting for it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core import aws_clients
from simcrm.core.config import StorageConfig
from simcrm.writing.dead_letter_store import store_dead_letters
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm_lambda.handler import entry_point


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take SQS records of the dead-letter queue and return the ids of those that could not be stored."""
    tasks = TaskCallbacks(aws_clients.step_functions())
    failed = store_dead_letters(
        event["Records"], aws_clients.s3(), StorageConfig.load().bucket_name, tasks, datetime.now(UTC)
    )
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
