"""Connections to the cache, made once per process and only when first used."""

import logging
from functools import cache

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from simcrm.cache.iam_auth import ElastiCacheIamProvider
from simcrm.core.config import CacheConfig
from simcrm.core.log import log_event

TIMEOUT_SECONDS = 0.5
"""The cache is a help, never a condition: one that is silent for two tries of this length is treated as absent."""

RETRY_SECONDS = 0.02
IDLE_SECONDS = 30
"""A connection that was not used for this long is tried with a PING before a command is sent over it."""


@cache
def redis_client(config: CacheConfig) -> redis.Redis | None:
    """The client of the configured cache, or None where there is none; connects at its first command.

    A command whose connection breaks is sent once more over a new one, with new credentials. A URL that cannot be
    parsed is no cache: that is logged once for each process.
    """
    if config.redis_url is None:
        return None
    try:
        return _client(config.redis_url, config)
    except (ValueError, TypeError, redis.RedisError):
        log_event("CACHE_UNAVAILABLE", INVALID_URL_MESSAGE, level=logging.WARNING, reason="InvalidUrl")
        return None


INVALID_URL_MESSAGE = "the URL of the cache cannot be parsed; everything works as without a cache"


def _client(url: str, config: CacheConfig) -> redis.Redis:
    credentials = (
        ElastiCacheIamProvider(user=config.redis_iam_user, cache=config.redis_iam_cache)
        if config.redis_iam_cache
        else None
    )
    client = redis.Redis.from_url(
        url,
        credential_provider=credentials,
        decode_responses=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(ConstantBackoff(RETRY_SECONDS), 1),
        health_check_interval=IDLE_SECONDS,
    )
    # The pool looks at the options of a URL when it makes its first connection: too late to call it unusable.
    pool = client.connection_pool
    pool.connection_class(**pool.connection_kwargs)
    return client
