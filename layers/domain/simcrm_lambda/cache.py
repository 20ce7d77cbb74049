"""The cache of this process: one that the stack made, or one of the operator's own."""

import redis

from simcrm.cache.redis_client import redis_client
from simcrm.core.config import CacheConfig
from simcrm_lambda.secrets import load_secrets


def configured_cache(config: CacheConfig) -> redis.Redis | None:
    """The client of the cache, or None where there is none.

    The address of a cache of one's own holds its password, so it is in the secret; a new one there is used from the
    next reading of the secret.
    """
    return redis_client(_with_secret_url(config))


def is_misconfigured(config: CacheConfig) -> bool:
    """Whether there is a URL for the cache and nothing can be made of it."""
    configured = _with_secret_url(config)
    return configured.redis_url is not None and redis_client(configured) is None


def _with_secret_url(config: CacheConfig) -> CacheConfig:
    if config.redis_secret_arn is None:
        return config
    url = load_secrets(config.redis_secret_arn).redis_url
    return config.model_copy(update={"redis_url": url or None})
