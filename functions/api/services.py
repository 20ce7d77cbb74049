"""What the routes work with, from this function's configuration."""

from functools import cache

from simcrm import aws
from simcrm.cache.connection import connect
from simcrm.cache.metrics import Metrics
from simcrm.config import AiConfig, CacheConfig, ControlConfig, SecretConfig, StorageConfig
from simcrm.control.simulations import Simulations
from simcrm.storage.artifacts import Artifacts


class Config(StorageConfig, CacheConfig, SecretConfig, ControlConfig, AiConfig):
    """Data, counters, keys, the state machine and the model."""


@cache
def config() -> Config:
    """The configuration, read at the first request."""
    return Config.load()


@cache
def simulations() -> Simulations:
    """The simulations of this deployment."""
    return Simulations(
        aws.step_functions(),
        config().state_machine_arn,
        lambda simulation_id: Artifacts(aws.s3(), config().bucket_name, simulation_id),
        lambda simulation_id: Metrics(connect(config()), simulation_id),
    )
