"""What the routes work with, from this function's configuration."""

from functools import cache

from simcrm import aws
from simcrm.cache.connection import connect
from simcrm.cache.metrics import Metrics
from simcrm.config import (
    AiConfig,
    CacheConfig,
    ControlConfig,
    LimitConfig,
    MaintenanceConfig,
    QueueConfig,
    SecretConfig,
    StorageConfig,
)
from simcrm.control.maintenance import Maintenance
from simcrm.control.simulations import Simulations
from simcrm.storage.artifacts import Artifacts


class Config(
    StorageConfig, CacheConfig, SecretConfig, ControlConfig, MaintenanceConfig, QueueConfig, LimitConfig, AiConfig
):
    """Data, counters, keys, the state machines, the writer's queue, the portal's limits and the model."""


@cache
def config() -> Config:
    """The configuration, read at the first request."""
    return Config.load()


def artifacts_of(simulation_id: str) -> Artifacts:
    """The data of a simulation."""
    return Artifacts(aws.s3(), config().bucket_name, simulation_id)


@cache
def maintenance() -> Maintenance:
    """The jobs that follow a simulation."""
    return Maintenance(aws.step_functions(), config().maintenance_machine_arn, simulations())


@cache
def simulations() -> Simulations:
    """The simulations of this deployment."""
    return Simulations(
        aws.step_functions(),
        config().state_machine_arn,
        artifacts_of,
        lambda simulation_id: Metrics(connect(config()), simulation_id),
    )
