"""Have a simulation's text written by message batches, for as long as one invocation may take."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core.config import StorageConfig
from simcrm.generation.message_batches.job import JobStep, MessageBatchJob
from simcrm.generation.message_batches.requests import RequestBuilder
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.planning.batches import read_batches
from simcrm.planning.plan_document import read_plan
from simcrm.storage.abort_marker import abort_checker
from simcrm_lambda.cache_clients import open_counters
from simcrm_lambda.handler import entry_point
from simcrm_lambda.llm_clients import LlmFunctionConfig, text_session
from simcrm_lambda.storage_clients import open_files


class Config(StorageConfig, LlmFunctionConfig):
    """The bucket for the text, the cache for budget and counters, the model and its key."""


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, cancel?}`` and return ``{done, waitSeconds}``: call again after that time until done."""
    config, simulation_id, step = Config.load(), event["simulationId"], JobStep(done=True)
    files = open_files(config, simulation_id)
    batches = read_batches(files)
    if batches:  # none if the run was aborted before it was planned
        plan, counters = read_plan(files), open_counters(config, simulation_id)
        session = text_session(config, counters, context, plan, abort_checker(files))
        if session is not None and session.configuration_fault() is None:
            prompt_builder = AccountPromptBuilder.from_plan(plan)
            request_builder = RequestBuilder(simulation_id, session.settings, prompt_builder, batches)
            job = MessageBatchJob(session, request_builder, files)
            step = job.cancel() if event.get("cancel") else job.run()
    return {"done": step.done, "waitSeconds": step.wait_seconds}
