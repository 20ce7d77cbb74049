"""This function's configuration, and what a boss has said of the model."""

from functools import cache

from simcrm.core import aws_clients
from simcrm.core.config import (
    ControlConfig,
    LimitedPortalConfig,
    LogConfig,
    MaintenanceConfig,
    ModelCallConfig,
    PreviewConfig,
    QueueConfig,
    ScheduleConfig,
    StorageConfig,
    WriterConfig,
)
from simcrm.core.ttl_cache import Kept
from simcrm.llm.settings import AiSettings, applied
from simcrm.llm.settings_versions import SettingsVersions

LATELY_SECONDS = 5.0
"""How old the settings may be that are only shown."""


class Config(
    StorageConfig,
    LimitedPortalConfig,
    ControlConfig,
    LogConfig,
    MaintenanceConfig,
    QueueConfig,
    ScheduleConfig,
    ModelCallConfig,
    PreviewConfig,
    WriterConfig,
):
    """Data, counters, keys, the state machines, the writer's queue, the portal's limits and the model."""


@cache
def config() -> Config:
    """The configuration, read at the first request."""
    return Config.load()


def settings_in_force() -> AiSettings:
    """What the boss has said of the model."""
    return SettingsVersions(aws_clients.s3(), config().bucket_name).latest().settings


def config_in_force() -> Config:
    """The configuration as the boss's settings want it now."""
    return applied(config(), settings_in_force())


def config_lately() -> Config:
    """The same as it was some seconds ago at most, to be shown; what is decided wants ``config_in_force``."""
    return applied(config(), kept_settings().get())


@cache
def kept_settings() -> Kept[AiSettings]:
    """What this process knows of the boss's settings."""
    return Kept(settings_in_force, LATELY_SECONDS)
