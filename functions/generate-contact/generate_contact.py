"""Generate the contact and company pairs of a batch."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.config import StorageConfig
from simcrm.core.log import log_event
from simcrm.generation.generated_files import generate_contacts
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.batch_texts import last_error_category, record_text_metrics, text_counters, texts_for_batch
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import read_plan
from simcrm.planning.waves import wave_rows
from simcrm.storage import file_names
from simcrm.storage.abort_marker import abort_checker
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point
from simcrm_lambda.model import LlmFunctionConfig, text_session


class Config(StorageConfig, LlmFunctionConfig):
    """The bucket for the rows, the cache for the counters, the model and its key."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, batch}`` and return where the pairs are and when the batch's waves are due."""
    config, batch = Config.load(), Batch.from_row(event["batch"])
    files = SimulationFiles(aws_clients.s3(), config.bucket_name, event["simulationId"])
    is_aborted, nothing = (
        abort_checker(files),
        {"source": file_names.records_file(batch.number), "count": 0, "waves": []},
    )
    if is_aborted():  # do not pay for text that will not be written to the portal
        return nothing
    generator = RowGenerator.from_plan(read_plan(files))
    metrics = RunCounters(configured_cache(config), files.simulation_id)
    session = text_session(config, generator.plan, metrics, context, is_aborted)
    if session is not None:
        generator = generator.with_texts(texts_for_batch(files, generator.timelines, batch, session))
        if is_aborted():
            return nothing
    made = generate_contacts(files, generator, batch)
    waves = generator.waves(batch)
    if made.was_created:
        planned = sum(len(wave) for wave in waves)
        amounts = {counters.RECORDS_GENERATED: made.count, counters.ACTIVITIES_PLANNED: planned}
        metrics.add(amounts | text_counters(generator.text_results.get(index) for index in made.indexes))
        record_text_metrics(generator.text_results.get(index) for index in made.indexes)
        metrics.set(last_error_category(generator.text_results.values()))
    log_event(
        "BATCH_GENERATED", "pairs are ready", simulationId=files.simulation_id, batch=batch.number, count=made.count
    )
    return {"source": made.source, "count": made.count, "waves": wave_rows(waves)}
