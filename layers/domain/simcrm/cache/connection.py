"""Connections to the cache, made once per process and only when first used."""

from functools import cache

import redis

from simcrm.cache.iam import IamCredentials
from simcrm.config import CacheConfig

TIMEOUT_SECONDS = 1.0
"""The cache is a help, never a condition: a slow one is treated as absent."""


@cache
def connect(config: CacheConfig) -> redis.Redis | None:
    """The client of the configured cache, or None where there is none; connects at its first command."""
    if config.redis_url is None:
        return None
    credentials = (
        IamCredentials(user=config.redis_iam_user, cache=config.redis_iam_cache) if config.redis_iam_cache else None
    )
    return redis.Redis.from_url(
        config.redis_url,
        credential_provider=credentials,
        decode_responses=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )
