"""This function's configuration, and what a boss has said of the model."""

from functools import cache

from simcrm.core import aws_clients
from simcrm.core.config import (
    LlmCallConfig,
    LogConfig,
    MaintenanceConfig,
    PreviewConfig,
    QueueConfig,
    RateLimitedPortalConfig,
    ScheduleConfig,
    StateMachineConfig,
    StorageConfig,
    WriterConfig,
)
from simcrm.core.ttl_cache import TtlCache
from simcrm.llm.settings import LlmSettings, apply_settings
from simcrm.llm.settings_versions import LlmSettingsStore

CACHE_SECONDS = 5.0
"""How old the settings may be that are only shown."""


class ApiConfig(
    StorageConfig,
    RateLimitedPortalConfig,
    StateMachineConfig,
    LogConfig,
    MaintenanceConfig,
    QueueConfig,
    ScheduleConfig,
    LlmCallConfig,
    PreviewConfig,
    WriterConfig,
):
    """Data, counters, keys, the state machines, the writer's queue, the portal's limits and the model."""


@cache
def config() -> ApiConfig:
    """The configuration, read at the first request."""
    return ApiConfig.load()


def current_settings() -> LlmSettings:
    """What the boss has said of the model."""
    return LlmSettingsStore(aws_clients.s3(), config().bucket_name).latest().settings


def current_config() -> ApiConfig:
    """The configuration as the boss's settings want it now."""
    return apply_settings(config(), current_settings())


def cached_config() -> ApiConfig:
    """The same as it was some seconds ago at most, to be shown; what is decided wants ``current_config``."""
    return apply_settings(config(), settings_cache().get())


@cache
def settings_cache() -> TtlCache[LlmSettings]:
    """What this process knows of the boss's settings."""
    return TtlCache(current_settings, CACHE_SECONDS)
