from collections.abc import Callable

import pytest
import redis
from template_resources import Resources
from unit.generation.conftest import model, workshop

from simcrm.cache.response_cache import ResponseCache
from simcrm.cache.run_counters import RunCounters
from simcrm.core import aws_clients
from simcrm.operations.executions import Executions
from simcrm.operations.simulations import Simulations
from simcrm.storage.simulation_files import SimulationFiles

__all__ = ["model", "workshop"]


@pytest.fixture
def simulations(resources: Resources, open_files: Callable[[str], SimulationFiles], cache: redis.Redis) -> Simulations:
    """The simulations of a deployment with a cache."""
    executions = Executions(aws_clients.step_functions(), resources.state_machine_arn, lambda: ResponseCache(cache))
    return Simulations(executions, open_files, lambda name: RunCounters(cache, name))


@pytest.fixture
def without_cache(resources: Resources, open_files: Callable[[str], SimulationFiles]) -> Simulations:
    """The same simulations while the cache is away."""
    executions = Executions(aws_clients.step_functions(), resources.state_machine_arn)
    return Simulations(executions, open_files, lambda name: RunCounters(None, name))
