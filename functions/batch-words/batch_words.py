"""Have the words of a simulation written by message batches, for as long as one invocation may take."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.core.config import StorageConfig
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.message_batches.job import Desk, Step
from simcrm.generation.message_batches.requests import Packer
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage.abort_marker import abort_check
from simcrm.storage.simulation_files import Artifacts
from simcrm_lambda.cache import cache_of
from simcrm_lambda.entry import entry_point
from simcrm_lambda.model import ModelConfig, studio_of


class Config(StorageConfig, ModelConfig):
    """The bucket for the words, the cache for money and counters, the model and its key."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, cancel?}``, return ``{done, waitSeconds}``: call again then, until it is done."""
    config = Config.load()
    artifacts = Artifacts(aws_clients.s3(), config.bucket_name, event["simulationId"])
    batches = read_batches(artifacts)
    if not batches:  # aborted before it was planned
        return {"done": True, "waitSeconds": 0}
    plan = read_plan(artifacts)
    metrics = Metrics(cache_of(config), artifacts.simulation_id)
    studio = studio_of(config, plan, metrics, context, abort_check(artifacts))
    step = Step(done=True)
    if studio is not None:
        packer = Packer(artifacts.simulation_id, studio.settings, BatchGenerator.of(plan))
        desk = Desk(studio, packer, artifacts, batches)
        step = desk.cancel() if event.get("cancel") else desk.advance()
    return {"done": step.done, "waitSeconds": step.wait_seconds}
