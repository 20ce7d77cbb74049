"""Rate limits in Redis: one script on keys in one hash slot, so that it also runs on a cluster."""

from functools import cache
from importlib.resources import files
from typing import Any

from simcrm.cache.resilient_cache import RedisClient
from simcrm.hubspot.rate_limit.budgets import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    BREAKER_WINDOW_MS,
    DAILY_RETRY_MS,
    IN_FLIGHT_MS,
    INTERVAL_MS,
    PROBE_MS,
    CallOutcome,
    Decision,
    DenyReason,
    RateLimitBucket,
    RateLimitHeaders,
    RateLimits,
)

SLOT = "{hs}"
STATE = f"{SLOT}:state"
FAILURES = f"{SLOT}:failures"


def calls_key(bucket: RateLimitBucket) -> str:
    """The Redis key of a bucket's granted calls."""
    return f"{SLOT}:calls:{bucket}"


@cache
def _script_source() -> str:
    return files("simcrm.hubspot.rate_limit").joinpath("redis_limiter.lua").read_text(encoding="utf-8")


class RedisRateLimits:
    """Rate limits in Redis, as commands for ``CacheWithFallback.call``."""

    def __init__(self, rate_limits: RateLimits) -> None:
        self._rate_limits = rate_limits

    def acquire(self, client: RedisClient, bucket: RateLimitBucket, call_id: str) -> Decision:
        """Request permission for one call."""
        numbers = (
            self._rate_limits.for_bucket(bucket),
            INTERVAL_MS[bucket],
            IN_FLIGHT_MS,
            self._rate_limits.daily,
            PROBE_MS,
        )
        reason, wait = self._run(client, bucket, "acquire", bucket, call_id, *numbers, DAILY_RETRY_MS)
        return Decision(DenyReason(reason), int(wait) / 1000)

    def release(
        self,
        client: RedisClient,
        bucket: RateLimitBucket,
        call_id: str,
        outcome: CallOutcome,
        headers: RateLimitHeaders,
        *,
        cooldown: float,
    ) -> bool:
        """Report the outcome of a call; ``cooldown`` (seconds) matters if it was throttled.

        Returns whether this opened the breaker.
        """
        header_values = (headers.limit, headers.remaining, headers.daily_remaining)
        breaker = (BREAKER_WINDOW_MS, BREAKER_FAILURES, BREAKER_OPEN_MS)
        arguments = ["" if number is None else number for number in header_values]
        cooling = (round(cooldown * 1000), self._rate_limits.for_bucket(bucket))
        numbers = (INTERVAL_MS[bucket], *arguments, *cooling, *breaker)
        said_now, _ = self._run(client, bucket, "release", bucket, call_id, outcome, *numbers)
        return DenyReason(said_now) is DenyReason.BREAKER

    @staticmethod
    def _run(client: RedisClient, bucket: RateLimitBucket, *arguments: str | int) -> Any:
        script = client.register_script(_script_source())
        return script(keys=[calls_key(bucket), STATE, FAILURES], args=list(arguments))
