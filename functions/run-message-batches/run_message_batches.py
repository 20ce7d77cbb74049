"""Have a simulation's text written by message batches, for as long as one invocation may take."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.core.config import StorageConfig
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.message_batches.job import JobStep, MessageBatchJob
from simcrm.generation.message_batches.requests import RequestBuilder
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage.abort_marker import abort_checker
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda.cache import configured_cache
from simcrm_lambda.entry import entry_point
from simcrm_lambda.model import LlmFunctionConfig, text_session


class Config(StorageConfig, LlmFunctionConfig):
    """The bucket for the text, the cache for budget and counters, the model and its key."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, cancel?}`` and return ``{done, waitSeconds}``: call again after that time until done."""
    config = Config.load()
    files = SimulationFiles(aws_clients.s3(), config.bucket_name, event["simulationId"])
    batches = read_batches(files)
    if not batches:  # aborted before it was planned
        return {"done": True, "waitSeconds": 0}
    plan = read_plan(files)
    metrics = RunCounters(configured_cache(config), files.simulation_id)
    session = text_session(config, plan, metrics, context, abort_checker(files))
    step = JobStep(done=True)
    if session is not None:
        packer = RequestBuilder(files.simulation_id, session.settings, BatchGenerator.from_plan(plan))
        job = MessageBatchJob(session, packer, files, batches)
        step = job.cancel() if event.get("cancel") else job.run()
    return {"done": step.done, "waitSeconds": step.wait_seconds}
