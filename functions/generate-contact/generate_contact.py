"""Generate the contact and company pairs of a batch."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients, log
from simcrm.core.config import StorageConfig
from simcrm.generation.batch_generator import BatchGenerator, generate_contacts
from simcrm.generation.text.batch_texts import last_category, measure_words, tally, words_of
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.planning.waves import wave_rows
from simcrm.storage import file_names
from simcrm.storage.abort_marker import abort_check
from simcrm.storage.simulation_files import Artifacts
from simcrm_lambda.cache import cache_of
from simcrm_lambda.entry import entry_point
from simcrm_lambda.model import ModelConfig, studio_of


class Config(StorageConfig, ModelConfig):
    """The bucket for the rows, the cache for the counters, the model and its key."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, batch}``, return where the pairs are and when the batch's waves are due."""
    config, batch = Config.load(), Batch.from_row(event["batch"])
    artifacts = Artifacts(aws_clients.s3(), config.bucket_name, event["simulationId"])
    is_aborted, nothing = abort_check(artifacts), {"source": file_names.records(batch.number), "count": 0, "waves": []}
    if is_aborted():  # no word is paid for that nobody will write
        return nothing
    maker = BatchGenerator.of(read_plan(artifacts))
    metrics = Metrics(cache_of(config), artifacts.simulation_id)
    studio = studio_of(config, maker.plan, metrics, context, is_aborted)
    if studio is not None:
        maker = maker.with_words(words_of(artifacts, maker, batch, studio))
        if is_aborted():
            return nothing
    made = generate_contacts(artifacts, maker, batch)
    waves = maker.waves(batch)
    if made.is_new:
        planned = sum(len(wave) for wave in waves)
        amounts = {counters.RECORDS_GENERATED: made.count, counters.ACTIVITIES_PLANNED: planned}
        metrics.add(amounts | tally(maker.told.get(index) for index in made.indexes))
        measure_words(maker.told.get(index) for index in made.indexes)
        metrics.put(last_category(maker.told.values()))
    log.event(
        "BATCH_GENERATED", "pairs are ready", simulationId=artifacts.simulation_id, batch=batch.number, count=made.count
    )
    return {"source": made.source, "count": made.count, "waves": wave_rows(waves)}
