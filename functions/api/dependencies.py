"""The services that the simulation routes use, built from this function's configuration."""

from functools import cache

from api_config import config

from simcrm.cache.response_cache import ResponseCache
from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.operations.executions import Executions
from simcrm.operations.simulations import Simulations
from simcrm.storage.scenario_store import ScenarioStore
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda.cache import configured_cache


def scenario_store() -> ScenarioStore:
    """Return the store of named scenarios."""
    return ScenarioStore(aws_clients.s3(), config().bucket_name)


def response_cache() -> ResponseCache:
    """Return the cache of responses, which are kept for a few seconds."""
    return ResponseCache(configured_cache(config()))


def open_files(simulation_id: str) -> SimulationFiles:
    """Return the files of a simulation."""
    return SimulationFiles(aws_clients.s3(), config().bucket_name, simulation_id)


@cache
def simulations() -> Simulations:
    """Return the simulations of this deployment."""
    return Simulations(
        Executions(aws_clients.step_functions(), config().state_machine_arn, response_cache),
        open_files,
        lambda simulation_id: RunCounters(configured_cache(config()), simulation_id),
    )
