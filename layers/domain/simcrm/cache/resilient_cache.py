"""The rule for an unavailable cache: its user gets a fallback or an error, and it may be left alone for a while."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias, TypeVar

import redis

from simcrm.core.log import log_event

RedisClient: TypeAlias = redis.Redis
T = TypeVar("T")

PAUSE_SECONDS = 10.0
"""How long rate limiters leave an unavailable cache alone, so that its time-outs do not hold up the work."""


class CacheUnavailableError(Exception):
    """There is no cache, or it did not answer; the message is the class of the client's error."""


def log_outage(message: str, reason: str, simulation_id: str | None) -> None:
    """Log that the cache does not answer, and what follows from it."""
    if simulation_id is None:
        log_event("CACHE_UNAVAILABLE", message, level=logging.WARNING, reason=reason)
    else:
        log_event("CACHE_UNAVAILABLE", message, level=logging.WARNING, simulationId=simulation_id, reason=reason)


@dataclass(frozen=True, slots=True)
class OutagePolicy:
    """What an outage means for one use of the cache.

    ``message`` says what follows from it and is logged with each failure; None logs nothing, for whatever is merely
    computed or read once more. For ``pause_seconds`` after a failure the cache is not tried again.
    """

    message: str | None = None
    pause_seconds: float = 0.0
    log: Callable[[str, str, str | None], None] = log_outage


LOCAL_LIMITS = OutagePolicy("the cache does not answer; using local limits for now", PAUSE_SECONDS)
UNLOGGED = OutagePolicy()


class CacheWithFallback:
    """A cache that may be absent, or become unavailable at any time.

    Whoever uses one object shares its pause. ``simulation_id`` is logged with failures.
    """

    def __init__(
        self,
        client: RedisClient | None,
        policy: OutagePolicy = LOCAL_LIMITS,
        *,
        simulation_id: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._policy, self._clock = client, policy, clock
        self._simulation_id = simulation_id
        self._paused_until = 0.0

    def require(self, command: Callable[[RedisClient], T]) -> T:
        """Return the cache's response.

        Raises:
            CacheUnavailableError: there is none.
        """
        if self._client is None or self._clock() < self._paused_until:
            raise CacheUnavailableError("NoCache" if self._client is None else "Paused")
        try:
            return command(self._client)
        except redis.RedisError as error:
            self._report_failure(error)

    def call(self, command: Callable[[RedisClient], T], fallback: Callable[[], T]) -> T:
        """Return the cache's response, or the fallback's if there is none."""
        try:
            return self.require(command)
        except CacheUnavailableError:
            return fallback()

    def _report_failure(self, error: redis.RedisError) -> NoReturn:
        reason, policy = type(error).__name__, self._policy
        self._paused_until = self._clock() + policy.pause_seconds
        if policy.message is not None:
            policy.log(policy.message, reason, self._simulation_id)
        raise CacheUnavailableError(reason) from error
