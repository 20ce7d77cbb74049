"""Write what queue messages request, complete the waiting tasks, and leave in the queue what must wait."""

from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import HUBSPOT_CALLS
from simcrm.writing.queue_consumer import Message, consume
from simcrm_lambda.handler import entry_point
from simcrm_lambda.queue_consumer_factory import QueueConsumerConfig, create_queue_consumer


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take SQS records and return the ids of the messages that stay in the queue."""
    calls: Counter[str] = Counter()
    spare = context.get_remaining_time_in_millis() // 3  # for the call in progress and an orderly end
    consumer = create_queue_consumer(
        QueueConsumerConfig.load(),
        on_call=lambda: calls.update([HUBSPOT_CALLS]),
        seconds_left=lambda: (context.get_remaining_time_in_millis() - spare) / 1000,
    )
    messages = [Message.from_sqs_record(record) for record in event["Records"]]
    retained = consume(consumer, messages, lambda: calls[HUBSPOT_CALLS])
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in retained]}
