"""The consumer of the write queue."""

from collections.abc import Callable
from functools import partial

from simcrm.core import aws_clients
from simcrm.core.config import DeadLetterConfig, QueueConfig
from simcrm.storage.abort_marker import AbortCache
from simcrm.writing.queue_consumer import QueueConsumer
from simcrm.writing.task_callbacks import TaskCallbacks
from simcrm_lambda.cache_clients import configured_cache
from simcrm_lambda.hubspot_clients import portal_client
from simcrm_lambda.storage_clients import open_files
from simcrm_lambda.writer_factory import WriterFunctionConfig, create_writer


class QueueConsumerConfig(WriterFunctionConfig, QueueConfig, DeadLetterConfig):
    """What a writer needs, its queue, and the dead-letter queue for malformed messages."""


def create_queue_consumer(
    config: QueueConsumerConfig, on_call: Callable[[], None], seconds_left: Callable[[], float]
) -> QueueConsumer:
    """Return a consumer; ``on_call`` counts its calls to the portal, of which none starts without ``seconds_left``."""
    open_simulation = partial(open_files, config)
    aborts = AbortCache(open_simulation)
    return QueueConsumer(
        create_writer(config, portal_client(config, on_call, seconds_left), aborts),
        TaskCallbacks(aws_clients.step_functions()),
        aws_clients.sqs(),
        config.write_queue_url,
        config.dead_letter_queue_url,
        open_simulation,
        configured_cache(config),
    )
