"""The status of the shared rate limits, read with one command, so that it fits into a pipeline."""

import functools
from importlib.resources import files
from typing import Any

from simcrm.cache.resilient_cache import CacheWithFallback, OutagePolicy, RedisClient
from simcrm.hubspot.rate_limit.budgets import INTERVAL_MS, RateLimitBucket, RateLimits
from simcrm.hubspot.rate_limit.redis_limiter import STATE, calls_key

OUTAGE = OutagePolicy("the spent daily limit was not cleared")


@functools.cache
def _script_source() -> str:
    return files("simcrm.hubspot.rate_limit").joinpath("status.lua").read_text(encoding="utf-8")


def queue_status_read(client: RedisClient) -> Any:
    """Read the status of the limits; a pipeline returns it when it is executed.

    The script is sent each time: checking whether the server still has it would be another round trip.
    """
    keys = [STATE, *map(calls_key, RateLimitBucket)]
    return client.eval(_script_source(), len(keys), *keys, *(str(INTERVAL_MS[bucket]) for bucket in RateLimitBucket))


def clear_daily_limit(cache: RedisClient | None) -> None:
    """Clear the portal's spent daily limit: whoever starts, resumes or cleans up a run may know better."""
    CacheWithFallback(cache, OUTAGE).call(
        lambda client: client.hdel(STATE, "daily_spent_at", "daily_asked_at"), lambda: None
    )


def parse_status(answer: Any, rate_limits: RateLimits) -> dict[str, Any]:
    """Cooldown, breaker and buckets in the format of the health response."""
    now, flat, used = answer
    state = {str(name): int(float(value)) for name, value in zip(flat[::2], flat[1::2], strict=True)}
    daily_remaining = 0 if "daily_spent_at" in state else state.get("daily_left", rate_limits.daily)
    daily = {"limit": rate_limits.daily, "remaining": daily_remaining}
    buckets = {
        str(bucket): {
            "limit": state.get(f"limit:{bucket}", rate_limits.for_bucket(bucket)),
            "used": calls,
            "intervalMs": INTERVAL_MS[bucket],
        }
        for bucket, calls in zip(RateLimitBucket, used, strict=True)
    }
    return {
        "hubspotCooldownActive": any(state.get(f"cooldown:{family}", 0) > now for family in RateLimitBucket),
        "hubspotCircuitTripped": "open_until" in state,
        "buckets": {**buckets, "daily": daily},
    }
