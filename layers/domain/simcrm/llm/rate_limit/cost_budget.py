"""The money of a run: reserved before a call, settled after it, so that callers side by side cannot overshoot."""

from typing import Any

import redis

from simcrm.cache.hash_slots import ONCE_SECONDS, once_key
from simcrm.cache.resilient_cache import SharedState

KEEP_SECONDS = 90 * 24 * 3600
"""After the last call, or the last time that the run was seen alive."""

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
    """The hash of what a run has spent and reserved."""
    return f"{{sim:{simulation_id}}}:budget"


class Budget:
    """The ceiling of a run in millionths of a dollar; None has none.

    A function that dies keeps its reservation, so the ceiling holds then too.
    """

    def __init__(self, shared: SharedState, simulation_id: str, ceiling: int | None) -> None:
        self._shared, self._ceiling = shared, ceiling
        self.key = budget_key(simulation_id)

    def reserve(self, amount: int) -> bool | None:
        """Whether there is money left for a call of at most this price; None when nobody knows."""
        if self._ceiling is None:
            return True
        arguments = [amount, self._ceiling, KEEP_SECONDS, ONCE_SECONDS]
        return self._shared.ask(lambda found: bool(self._run(found, _RESERVE, arguments)), lambda: None)

    def settle(self, reserved: int, used: int) -> None:
        """Book what a call did cost."""
        if self._ceiling is None:
            return
        self._shared.ask(lambda found: self._run(found, _SETTLE, [reserved, used, ONCE_SECONDS]), lambda: None)

    def _run(self, found: redis.Redis, script: str, arguments: list[int]) -> Any:
        keys = [self.key, once_key(self.key)]
        return found.register_script(script)(keys=keys, args=[str(value) for value in arguments])
