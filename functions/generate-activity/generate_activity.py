"""Generate the activities of one wave of a batch."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients, log
from simcrm.core.config import CacheConfig, StorageConfig
from simcrm.generation.batch_generator import BatchGenerator, generate_wave
from simcrm.generation.text.batch_texts import read_words, tally
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts
from simcrm_lambda.cache import cache_of
from simcrm_lambda.entry import entry_point


class Config(StorageConfig, CacheConfig):
    """The bucket for the rows, the cache for the counters."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, batch, wave}``, return where the activities are and the step that writes them."""
    config, batch, wave = Config.load(), Batch.from_row(event["batch"]), event["wave"]
    artifacts = Artifacts(aws_clients.s3(), config.bucket_name, event["simulationId"])
    maker = BatchGenerator.of(read_plan(artifacts))
    maker = maker.with_words(read_words(artifacts, batch.number) or {})
    made = generate_wave(artifacts, maker, batch, wave)
    if made.is_new:
        Metrics(cache_of(config), artifacts.simulation_id).add(tally(maker.told.get(index) for index in made.indexes))
    log.event(
        "WAVE_GENERATED",
        "activities are ready",
        simulationId=artifacts.simulation_id,
        batch=batch.number,
        wave=wave,
        count=made.count,
    )
    return {"source": made.source, "step": file_names.wave_step(wave), "count": made.count}
