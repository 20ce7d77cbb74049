"""Write what queue messages request, complete the waiting tasks, and leave in the queue what must wait."""

from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache import run_counters as counters
from simcrm.core import aws_clients
from simcrm.core.config import DeadLetterConfig, QueueConfig, RateLimitedPortalConfig, StorageConfig
from simcrm.storage.abort_marker import AbortCache
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.writing.property_changes import AddressClaims, PropertyChanges
from simcrm.writing.queue_consumer import Message, QueueConsumer, consume
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm.writing.writer import Writer
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point
from simcrm_lambda.portal import create_batch_writer, create_validator, portal_client


class Config(StorageConfig, RateLimitedPortalConfig, QueueConfig, DeadLetterConfig):
    """Rows and ledger, the portal with its limits, the queue, and the dead-letter queue for malformed messages."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take SQS records and return the ids of the messages that stay in the queue."""
    config = Config.load()
    calls: Counter[str] = Counter()
    spare = context.get_remaining_time_in_millis() // 3  # for the call in progress and an orderly end
    client = portal_client(
        config,
        on_call=lambda: calls.update([counters.HUBSPOT_CALLS]),
        seconds_left=lambda: (context.get_remaining_time_in_millis() - spare) / 1000,
    )
    validator = create_validator(config, client)

    def open_files(simulation_id: str) -> SimulationFiles:
        return SimulationFiles(aws_clients.s3(), config.bucket_name, simulation_id)

    aborts = AbortCache(open_files)
    delivery = QueueConsumer(
        Writer(
            create_batch_writer(client, validator, aborts),
            open_files,
            PropertyChanges(validator, AddressClaims(configured_cache(config))),
            aborts,
        ),
        TaskCallbacks(aws_clients.step_functions()),
        aws_clients.sqs(),
        config.write_queue_url,
        config.dead_letter_queue_url,
        open_files,
        configured_cache(config),
    )
    messages = [_message(item) for item in event["Records"]]
    retained = consume(delivery, messages, lambda: calls[counters.HUBSPOT_CALLS])
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in retained]}


def _message(item: dict[str, Any]) -> Message:
    receives = int(item["attributes"]["ApproximateReceiveCount"])
    return Message(item["messageId"], item["receiptHandle"], item["body"], receives)
