"""Generate the activities of one wave of a batch."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core.config import CacheConfig, StorageConfig
from simcrm.generation.activity_waves import generate_activity_wave
from simcrm.planning.batches import Batch
from simcrm_lambda.cache_clients import open_counters
from simcrm_lambda.handler import entry_point
from simcrm_lambda.storage_clients import open_files


class Config(StorageConfig, CacheConfig):
    """The bucket for the rows, the cache for the counters."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, batch, wave}`` and return where the activities are and the step that writes them."""
    config, simulation_id = Config.load(), event["simulationId"]
    generated = generate_activity_wave(
        open_files(config, simulation_id),
        Batch.from_row(event["batch"]),
        event["wave"],
        open_counters(config, simulation_id),
    )
    return asdict(generated)
