"""How the model is, for all functions: when it last answered, how often it has failed since."""

from typing import Any, NamedTuple

import redis

from simcrm.cache.resilient_cache import SharedState

KEY = "ai:health"
LAST_SUCCESS, FAILURES = "lastSuccess", "consecutiveFailures"
KEEP_SECONDS = 30 * 24 * 3600


class ModelHealth(NamedTuple):
    """``last_success`` is epoch milliseconds, None when there was none."""

    last_success: int | None = None
    consecutive_failures: int = 0


class HealthBoard:
    """Shared notes on the ends of calls."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared

    def succeeded(self, now_ms: int) -> None:
        """Note an answer."""
        values: dict[str, int] = {LAST_SUCCESS: now_ms, FAILURES: 0}
        self._shared.ask(lambda found: _noted(found, values), lambda: None)

    def failed(self) -> None:
        """Note a call without one."""
        self._shared.ask(lambda found: found.hincrby(KEY, FAILURES, 1), lambda: None)


def ask_health(found: redis.Redis) -> Any:
    """Ask for the notes; a pipeline answers when it is executed."""
    return found.hmget(KEY, [LAST_SUCCESS, FAILURES])


def health_of(answer: Any) -> ModelHealth:
    """The notes as they were answered."""
    last, failures = answer
    return ModelHealth(int(last) if last else None, int(failures or 0))


def read_health(cache: redis.Redis | None) -> ModelHealth:
    """The notes alone; nothing is known while the cache is away."""
    if cache is None:
        return ModelHealth()
    try:
        return health_of(ask_health(cache))
    except redis.RedisError:
        return ModelHealth()


def _noted(found: redis.Redis, values: dict[str, int]) -> None:
    pipeline = found.pipeline(transaction=False)
    pipeline.hset(KEY, items=[part for pair in values.items() for part in pair])
    pipeline.expire(KEY, KEEP_SECONDS)
    pipeline.execute()
