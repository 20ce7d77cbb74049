"""How the shared limits stand, for whoever looks at them: asked in one command, so that it fits into a pipeline."""

import logging
from functools import cache
from importlib.resources import files
from typing import Any

import redis

from simcrm.core import log
from simcrm.hubspot.rate_limit.policy import INTERVAL_MS, Budgets, Family
from simcrm.hubspot.rate_limit.redis_limiter import STATE, calls_key


@cache
def _source() -> str:
    return files("simcrm.hubspot.rate_limit").joinpath("status.lua").read_text(encoding="utf-8")


def ask_standing(found: redis.Redis) -> Any:
    """Ask how the limits stand; a pipeline answers when it is executed.

    The script goes along each time: knowing whether the server still has it would be a round trip of its own.
    """
    keys = [STATE, *map(calls_key, Family)]
    return found.eval(_source(), len(keys), *keys, *(str(INTERVAL_MS[family]) for family in Family))


def ask_portal_again(found: redis.Redis | None) -> None:
    """Forget that the portal has called its day spent: who starts, resumes or takes back a run may know better."""
    if found is None:
        return
    try:
        found.hdel(STATE, "daily_spent_at", "daily_asked_at")
    except redis.RedisError as error:
        reason = type(error).__name__
        log.event("CACHE_UNAVAILABLE", "a spent day is not forgotten", level=logging.WARNING, reason=reason)


def standing_of(answer: Any, budgets: Budgets) -> dict[str, Any]:
    """Cooldown, breaker and buckets as the health answer shows them."""
    now, flat, used = answer
    state = {str(name): int(float(value)) for name, value in zip(flat[::2], flat[1::2], strict=True)}
    left = 0 if "daily_spent_at" in state else state.get("daily_left", budgets.daily)
    daily = {"limit": budgets.daily, "remaining": left}
    buckets = {
        str(family): {
            "limit": state.get(f"limit:{family}", budgets.of(family)),
            "used": calls,
            "intervalMs": INTERVAL_MS[family],
        }
        for family, calls in zip(Family, used, strict=True)
    }
    return {
        "hubspotCooldownActive": any(state.get(f"cooldown:{family}", 0) > now for family in Family),
        "hubspotCircuitTripped": "open_until" in state,
        "buckets": {**buckets, "daily": daily},
    }
