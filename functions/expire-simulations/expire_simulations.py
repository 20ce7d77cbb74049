"""Delete simulations that ended long ago and renew active ones, for as long as one invocation may take."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm_lambda.handler import entry_point
from simcrm_lambda.retention_factory import DataRetentionConfig, create_data_retention

SPARE_MS = 30_000
"""Time left for the deletion of up to a thousand objects in progress."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{execution, after}``, an ARN and the last simulation processed; return ``{after, done}``."""
    retention = create_data_retention(DataRetentionConfig.load(), event["execution"])
    cursor = retention.run(datetime.now(UTC), event["after"], lambda: context.get_remaining_time_in_millis() < SPARE_MS)
    return cursor._asdict()
