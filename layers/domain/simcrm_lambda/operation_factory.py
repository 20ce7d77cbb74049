"""The operations on this deployment's simulations that several functions need."""

from collections.abc import Callable
from functools import partial

from simcrm.cache.response_cache import ResponseCache
from simcrm.core import aws_clients
from simcrm.core.config import SimulationsConfig, StateMachineConfig
from simcrm.operations.executions import Executions
from simcrm.operations.simulations import Simulations
from simcrm_lambda.cache_clients import open_counters
from simcrm_lambda.storage_clients import open_files


def create_executions(
    config: StateMachineConfig, open_response_cache: Callable[[], ResponseCache] = lambda: ResponseCache(None)
) -> Executions:
    """Return the executions of simulations; by default nothing is cached."""
    return Executions(aws_clients.step_functions(), config.state_machine_arn, open_response_cache)


def create_simulations(config: SimulationsConfig, executions: Executions) -> Simulations:
    """Return the simulations of this deployment."""
    return Simulations(executions, partial(open_files, config), partial(open_counters, config))
