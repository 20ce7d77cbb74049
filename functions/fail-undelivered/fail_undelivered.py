"""Keep a dead letter for the operator and fail the task that waits for it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm import aws
from simcrm.config import StorageConfig
from simcrm.writing.dead_letters import DeadLetter, bury
from simcrm.writing.tasks import TaskAnswers
from simcrm_lambda.entry import entry_point


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take SQS records of the dead letter queue; none of them stays."""
    config = StorageConfig.load()
    tasks = TaskAnswers(aws.step_functions())
    for record in event["Records"]:
        bury(DeadLetter.of(record), aws.s3(), config.bucket_name, tasks, datetime.now(UTC))
    return {"batchItemFailures": []}
