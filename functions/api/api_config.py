"""This function's configuration, and the boss's settings for the model."""

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
    SimulationsConfig,
    WriterConfig,
)
from simcrm.core.ttl_cache import TtlCache
from simcrm.llm.settings import LlmSettings, apply_settings
from simcrm.llm.settings_versions import LlmSettingsStore

CACHE_SECONDS = 5.0
"""Maximum age of settings that are only displayed."""


class ApiConfig(
    SimulationsConfig,
    RateLimitedPortalConfig,
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
    """Return the configuration, read on the first request."""
    return ApiConfig.load()


def current_settings() -> LlmSettings:
    """Read the boss's settings for the model."""
    return LlmSettingsStore(aws_clients.s3(), config().bucket_name).latest().settings


def current_config() -> ApiConfig:
    """Return the configuration with the boss's current settings."""
    return apply_settings(config(), current_settings())


def cached_config() -> ApiConfig:
    """Return the configuration, at most a few seconds old, for display; for decisions use ``current_config``."""
    return apply_settings(config(), settings_cache().get())


@cache
def settings_cache() -> TtlCache[LlmSettings]:
    """Return this process's cache of the boss's settings."""
    return TtlCache(current_settings, CACHE_SECONDS)
