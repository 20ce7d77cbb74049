"""The cache as the rate limiters use it: if it is unavailable, a fallback takes over until the next retry."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis

from simcrm.core.log import log_event

T = TypeVar("T")
RETRY_AFTER_SECONDS = 30.0


class CacheWithFallback:
    """A cache that may become unavailable at any time."""

    def __init__(self, cache: redis.Redis | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache, self._clock = cache, clock
        self._unavailable_until = 0.0

    def call(self, command: Callable[[redis.Redis], T], fallback: Callable[[], T]) -> T:
        """Return the cache's response, or the fallback's if the cache is unavailable.

        After a failure, the cache is not tried again for ``RETRY_AFTER_SECONDS``.
        """
        if self._cache is None or self._clock() < self._unavailable_until:
            return fallback()
        try:
            return command(self._cache)
        except redis.RedisError as error:
            self._unavailable_until = self._clock() + RETRY_AFTER_SECONDS
            log_event(
                "CACHE_UNAVAILABLE",
                "the cache does not answer; using local limits for now",
                level=logging.WARNING,
                reason=type(error).__name__,
            )
            return fallback()
