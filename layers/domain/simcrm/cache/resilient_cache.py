"""The cache as the limits use it: while it is away, a fallback answers, and it is not asked again for a while."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis

from simcrm.core import log

T = TypeVar("T")
AWAY_SECONDS = 30.0


class SharedState:
    """A cache that may vanish at any moment."""

    def __init__(self, cache: redis.Redis | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache, self._clock = cache, clock
        self._away_until = 0.0

    def ask(self, command: Callable[[redis.Redis], T], otherwise: Callable[[], T]) -> T:
        """What the cache answers, or the fallback's answer."""
        if self._cache is None or self._clock() < self._away_until:
            return otherwise()
        try:
            return command(self._cache)
        except redis.RedisError as error:
            self._away_until = self._clock() + AWAY_SECONDS
            log.event(
                "CACHE_UNAVAILABLE",
                "the cache does not answer; limits are this function's own for now",
                level=logging.WARNING,
                reason=type(error).__name__,
            )
            return otherwise()
