"""The model's health, shared by all functions: when it last answered and how often it has failed since."""

from typing import Any, NamedTuple

from simcrm.cache.resilient_cache import UNLOGGED, CacheWithFallback, RedisClient

HEALTH_KEY = "ai:health"
LAST_SUCCESS, FAILURES = "lastSuccess", "consecutiveFailures"
TTL_SECONDS = 30 * 24 * 3600


class LlmHealthStatus(NamedTuple):
    """``last_success`` is in epoch milliseconds, None if there was none."""

    last_success: int | None = None
    consecutive_failures: int = 0


class LlmHealth:
    """Shared record of how calls ended."""

    def __init__(self, cache: CacheWithFallback) -> None:
        self._shared = cache

    def record_success(self, now_ms: int) -> None:
        """Record a successful call."""
        values: dict[str, int] = {LAST_SUCCESS: now_ms, FAILURES: 0}
        self._shared.call(lambda found: _write(found, values), lambda: None)

    def record_failure(self) -> None:
        """Record a failed call."""
        self._shared.call(lambda found: found.hincrby(HEALTH_KEY, FAILURES, 1), lambda: None)


def queue_health_read(client: RedisClient) -> Any:
    """Read the health; a pipeline returns it when it is executed."""
    return client.hmget(HEALTH_KEY, [LAST_SUCCESS, FAILURES])


def parse_health(answer: Any) -> LlmHealthStatus:
    """Parse the response to ``queue_health_read``."""
    last, failures = answer
    return LlmHealthStatus(int(last) if last else None, int(failures or 0))


def read_health(cache: RedisClient | None) -> LlmHealthStatus:
    """Read the health by itself; nothing is known while the cache is unavailable."""
    return CacheWithFallback(cache, UNLOGGED).call(
        lambda client: parse_health(queue_health_read(client)), LlmHealthStatus
    )


def _write(client: RedisClient, values: dict[str, int]) -> None:
    pipeline = client.pipeline(transaction=False)
    pipeline.hset(HEALTH_KEY, items=[part for pair in values.items() for part in pair])
    pipeline.expire(HEALTH_KEY, TTL_SECONDS)
    pipeline.execute()
