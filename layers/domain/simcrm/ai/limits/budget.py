"""The money of a run: reserved before a call, settled after it, so that callers side by side cannot overshoot."""

from typing import Any

import redis

from simcrm.ai.limits.shared import SharedState

KEEP_SECONDS = 90 * 24 * 3600
_RESERVE = """
local spent = tonumber(redis.call('HGET', KEYS[1], 'spent') or 0)
local reserved = tonumber(redis.call('HGET', KEYS[1], 'reserved') or 0)
if spent + reserved + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'reserved', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class Budget:
    """The ceiling of a run in millionths of a dollar; None has none.

    A function that dies keeps its reservation, so the ceiling holds then too.
    """

    def __init__(self, shared: SharedState, simulation_id: str, ceiling: int | None) -> None:
        self._shared, self._ceiling = shared, ceiling
        self.key = f"{{sim:{simulation_id}}}:budget"

    def reserve(self, amount: int) -> bool | None:
        """Whether there is money left for a call of at most this price; None when nobody knows."""
        if self._ceiling is None:
            return True
        arguments = [amount, self._ceiling, KEEP_SECONDS]
        return self._shared.ask(lambda found: bool(self._run(found, arguments)), lambda: None)

    def settle(self, reserved: int, used: int) -> None:
        """Book what a call did cost."""
        if self._ceiling is None:
            return

        def book(found: redis.Redis) -> None:
            pipeline = found.pipeline(transaction=True)
            pipeline.hincrby(self.key, "reserved", -reserved)
            pipeline.hincrby(self.key, "spent", used)
            pipeline.execute()

        self._shared.ask(book, lambda: None)

    def _run(self, found: redis.Redis, arguments: list[int]) -> Any:
        return found.register_script(_RESERVE)(keys=[self.key], args=[str(value) for value in arguments])
