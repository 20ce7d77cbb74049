"""Continue a job of a simulation, such as a clean-up or repair, for as long as one invocation may take."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.jobs.action import JobKind
from simcrm.jobs.run_job import run_job
from simcrm_lambda.handler import entry_point
from simcrm_lambda.job_factory import JobConfig, create_job_context
from simcrm_lambda.storage_clients import open_files


@entry_point
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``{simulationId, action, job}`` and return the same with ``done``."""
    config, simulation_id = JobConfig.load(), event["simulationId"]
    job_context = create_job_context(config, simulation_id, context)
    done = run_job(JobKind(event["action"]), open_files(config, simulation_id), job_context, event["job"])
    return event | {"done": done}
