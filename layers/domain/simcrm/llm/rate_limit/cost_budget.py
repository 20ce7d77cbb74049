"""A run's cost budget: reserved before a call, settled after it, so that concurrent callers cannot overshoot."""

from typing import Any

from simcrm.cache.hash_slots import IDEMPOTENCY_SECONDS, idempotency_key
from simcrm.cache.resilient_cache import CacheWithFallback, RedisClient

TTL_SECONDS = 90 * 24 * 3600
"""Counted from the last call, or from the last time that the run was seen alive."""

_RESERVE = """
local known = redis.call('GET', KEYS[2])
if known then return tonumber(known) end
local spent = tonumber(redis.call('HGET', KEYS[1], 'spent') or 0)
local reserved = tonumber(redis.call('HGET', KEYS[1], 'reserved') or 0)
if spent + reserved + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'reserved', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], 1, 'EX', ARGV[4])
return 1
"""
_SETTLE = """
if not redis.call('SET', KEYS[2], 1, 'NX', 'EX', ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'reserved', -tonumber(ARGV[1]))
redis.call('HINCRBY', KEYS[1], 'spent', ARGV[2])
return 1
"""


def budget_key(simulation_id: str) -> str:
    """The Redis key of what a run has spent and reserved."""
    return f"{{sim:{simulation_id}}}:budget"


class CostBudget:
    """The budget of a run in millionths of a dollar; a limit of None means no limit.

    A function that crashes keeps its reservation, so the limit still holds.
    """

    def __init__(self, cache: CacheWithFallback, simulation_id: str, limit: int | None) -> None:
        self._shared, self._limit = cache, limit
        self.key = budget_key(simulation_id)

    def reserve(self, amount: int) -> bool | None:
        """Reserve the maximum price of a call; return whether the budget allows it, or None if that is unknown."""
        if self._limit is None:
            return True
        arguments = [amount, self._limit, TTL_SECONDS, IDEMPOTENCY_SECONDS]
        return self._shared.call(lambda found: bool(self._run(found, _RESERVE, arguments)), lambda: None)

    def settle(self, reserved: int, used: int) -> None:
        """Book the actual cost of a call."""
        if self._limit is None:
            return
        self._shared.call(lambda found: self._run(found, _SETTLE, [reserved, used, IDEMPOTENCY_SECONDS]), lambda: None)

    def _run(self, client: RedisClient, script: str, arguments: list[int]) -> Any:
        keys = [self.key, idempotency_key(self.key)]
        return client.register_script(script)(keys=keys, args=[str(value) for value in arguments])
