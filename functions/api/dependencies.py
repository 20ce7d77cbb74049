"""What the routes of simulations work with, from this function's configuration."""

from functools import cache

from api_config import config

from simcrm.cache.response_cache import Remembered
from simcrm.cache.run_counters import Metrics
from simcrm.core import aws_clients
from simcrm.operations.executions import Executions
from simcrm.operations.simulations import Simulations
from simcrm.storage.scenario_store import ScenarioStore
from simcrm.storage.simulation_files import Artifacts
from simcrm_lambda.cache import cache_of


def scenarios() -> ScenarioStore:
    """The named scenarios."""
    return ScenarioStore(aws_clients.s3(), config().bucket_name)


def remembered() -> Remembered:
    """Answers that are kept for some seconds."""
    return Remembered(cache_of(config()))


def artifacts_of(simulation_id: str) -> Artifacts:
    """The data of a simulation."""
    return Artifacts(aws_clients.s3(), config().bucket_name, simulation_id)


@cache
def simulations() -> Simulations:
    """The simulations of this deployment."""
    return Simulations(
        Executions(aws_clients.step_functions(), config().state_machine_arn, remembered),
        artifacts_of,
        lambda simulation_id: Metrics(cache_of(config()), simulation_id),
    )
