"""Connections to the cache, created once per process on first use."""

import logging
from functools import cache

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from simcrm.cache.iam_auth import ElastiCacheIamProvider
from simcrm.core.config import CacheConfig
from simcrm.core.log import log_event

TIMEOUT_SECONDS = 0.5
"""The cache is optional: if it does not respond to two attempts of this length, it is treated as absent."""

RETRY_SECONDS = 0.02
IDLE_SECONDS = 30
"""A connection idle for this long is checked with a PING before the next command is sent over it."""


@cache
def redis_client(config: CacheConfig) -> redis.Redis | None:
    """Return the client of the configured cache, or None if there is none; it connects on its first command.

    A command whose connection breaks is retried once over a new connection with new credentials. If the URL cannot be
    parsed, the cache is treated as absent, and a warning is logged once per process.
    """
    if config.redis_url is None:
        return None
    try:
        return _client(config.redis_url, config)
    except (ValueError, TypeError, redis.RedisError):
        log_event("CACHE_UNAVAILABLE", INVALID_URL_MESSAGE, level=logging.WARNING, reason="InvalidUrl")
        return None


INVALID_URL_MESSAGE = "the cache URL cannot be parsed; continuing without a cache"


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
    # The pool checks the URL's options only on its first connection, which is too late to reject the URL.
    pool = client.connection_pool
    pool.connection_class(**pool.connection_kwargs)
    return client
