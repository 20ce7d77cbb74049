"""The limits in Redis: one script on keys of one hash slot, so that it also runs on a cluster."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import redis

from simcrm.hubspot.rate_limit.policy import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    BREAKER_WINDOW_MS,
    DAILY_AGAIN_MS,
    FLIGHT_MS,
    INTERVAL_MS,
    PROBE_MS,
    Budgets,
    Family,
    Headers,
    Outcome,
    Reason,
    Verdict,
)

if TYPE_CHECKING:
    from redis.commands.core import Script

SLOT = "{hs}"
STATE = f"{SLOT}:state"
FAILURES = f"{SLOT}:failures"


def calls_key(family: Family) -> str:
    """The granted calls of a family."""
    return f"{SLOT}:calls:{family}"


@cache
def _source() -> str:
    return files("simcrm.hubspot.rate_limit").joinpath("redis_limiter.lua").read_text(encoding="utf-8")


class SharedLimits:
    """Raises ``redis.RedisError`` whenever Redis cannot answer."""

    def __init__(self, cache: redis.Redis, budgets: Budgets) -> None:
        self._cache = cache
        self._budgets = budgets
        self._script: Script = cache.register_script(_source())

    def take(self, family: Family, call_id: str) -> Verdict:
        """Ask for one call."""
        numbers = (self._budgets.of(family), INTERVAL_MS[family], FLIGHT_MS, self._budgets.daily, PROBE_MS)
        reason, wait = self._run(family, "take", family, call_id, *numbers, DAILY_AGAIN_MS)
        return Verdict(Reason(reason), int(wait) / 1000)

    def settle(self, family: Family, call_id: str, outcome: Outcome, headers: Headers, cooldown: float) -> bool:
        """Report what a call was answered; ``cooldown`` (seconds) matters when it was throttled.

        Returns whether this opened the breaker.
        """
        said = (headers.greatest, headers.remaining, headers.daily_remaining)
        breaker = (BREAKER_WINDOW_MS, BREAKER_FAILURES, BREAKER_OPEN_MS)
        words = ["" if number is None else number for number in said]
        cooling = (round(cooldown * 1000), self._budgets.of(family))
        numbers = (INTERVAL_MS[family], *words, *cooling, *breaker)
        said_now, _ = self._run(family, "settle", family, call_id, outcome, *numbers)
        return Reason(said_now) is Reason.BREAKER

    def _run(self, family: Family, *arguments: str | int) -> Any:
        return self._script(keys=[calls_key(family), STATE, FAILURES], args=list(arguments))
