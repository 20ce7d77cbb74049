"""Generate the contact and company pairs of a batch."""

from dataclasses import asdict
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core.config import StorageConfig
from simcrm.generation.generate_batch import generate_contact_batch
from simcrm.planning.batches import Batch
from simcrm_lambda.cache_clients import open_counters
from simcrm_lambda.handler import entry_point
from simcrm_lambda.llm_clients import LlmFunctionConfig, text_session
from simcrm_lambda.storage_clients import open_files


class Config(StorageConfig, LlmFunctionConfig):
    """The bucket for the rows, the cache for the counters, the model and its key."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, batch}`` and return where the pairs are and when the batch's waves are due."""
    config, simulation_id = Config.load(), event["simulationId"]
    files, counters = open_files(config, simulation_id), open_counters(config, simulation_id)
    open_session = partial(text_session, config, counters, context)
    return asdict(generate_contact_batch(files, Batch.from_row(event["batch"]), counters, open_session))
