"""Generate the activities of one wave of a batch."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.config import CacheConfig, StorageConfig
from simcrm.core.log import log_event
from simcrm.generation.generated_files import generate_wave
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.batch_texts import read_texts, text_counters
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point


class Config(StorageConfig, CacheConfig):
    """The bucket for the rows, the cache for the counters."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, batch, wave}`` and return where the activities are and the step that writes them."""
    config, batch, wave = Config.load(), Batch.from_row(event["batch"]), event["wave"]
    files = SimulationFiles(aws_clients.s3(), config.bucket_name, event["simulationId"])
    generator = RowGenerator.from_plan(read_plan(files))
    generator = generator.with_texts(read_texts(files, batch.number) or {})
    made = generate_wave(files, generator, batch, wave)
    if made.was_created:
        RunCounters(configured_cache(config), files.simulation_id).add(
            text_counters(generator.text_results.get(index) for index in made.indexes)
        )
    log_event(
        "WAVE_GENERATED",
        "activities are ready",
        simulationId=files.simulation_id,
        batch=batch.number,
        wave=wave,
        count=made.count,
    )
    return {"source": made.source, "step": file_names.wave_step(wave), "count": made.count}
