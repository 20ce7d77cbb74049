"""The cache client of this process: for the stack's cache, or for one that the operator provides."""

from simcrm.cache.redis_client import redis_client
from simcrm.cache.resilient_cache import RedisClient
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import CacheConfig
from simcrm_lambda.secrets import load_secrets


def configured_cache(config: CacheConfig) -> RedisClient | None:
    """Return the cache client, or None if there is no cache.

    The URL of an operator's own cache contains its password, so it is stored in the secret; a new URL takes effect the
    next time the secret is read.
    """
    return redis_client(_with_secret_url(config))


def open_counters(config: CacheConfig, simulation_id: str) -> RunCounters:
    """Return the counters of a simulation."""
    return RunCounters(configured_cache(config), simulation_id)


def is_misconfigured(config: CacheConfig) -> bool:
    """Whether a cache URL is configured but invalid."""
    configured = _with_secret_url(config)
    return configured.redis_url is not None and redis_client(configured) is None


def _with_secret_url(config: CacheConfig) -> CacheConfig:
    if config.redis_secret_arn is None:
        return config
    url = load_secrets(config.redis_secret_arn).redis_url
    return config.model_copy(update={"redis_url": url or None})
