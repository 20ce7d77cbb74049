"""The rate limiter in Redis, shared by all functions."""

from functools import cache
from importlib import resources
from typing import Any

from simcrm.cache.resilient_cache import CacheWithFallback, RedisClient
from simcrm.llm.providers.base import RateLimitWindow, Usage
from simcrm.llm.rate_limit.local_limiter import LocalRateLimiter
from simcrm.llm.rate_limit.policy import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    PROBE_MS,
    LlmCallOutcome,
    LlmDenyReason,
    LlmPermit,
)


@cache
def _script() -> str:
    return resources.files("simcrm.llm").joinpath("rate_limit/redis_limiter.lua").read_text(encoding="utf-8")


class RedisRateLimiter:
    """One hash per provider and model, changed by one script; its key is in one hash slot of a cluster."""

    def __init__(
        self, cache: CacheWithFallback, name: str, limits: tuple[int, int, int], local: LocalRateLimiter
    ) -> None:
        self._shared, self._limits, self._local = cache, limits, local
        self.key = f"{{ai:{name}}}:limits"

    def acquire(self, expected: Usage) -> LlmPermit:
        """Reserve a request and its tokens, or say why not."""
        arguments = ("acquire", expected.input_tokens, expected.output_tokens, *self._limits, PROBE_MS)
        return self._shared.call(
            lambda found: _parse_permit(self._run(found, arguments)), lambda: self._local.acquire(expected)
        )

    def release(self, outcome: LlmCallOutcome) -> bool:
        """Release what was not used and adopt the provider's limits; return whether this opened the breaker."""
        windows, reserved, used = outcome.rate_limits, outcome.reserved, outcome.used
        arguments = (
            "release",
            *self._limits,
            reserved.input_tokens - used.input_tokens,
            reserved.output_tokens - used.output_tokens,
            outcome.breaker_signal,
            outcome.cooldown_ms,
            *_window_values(windows.requests),
            *_window_values(windows.input_tokens),
            *_window_values(windows.output_tokens),
            BREAKER_FAILURES,
            BREAKER_OPEN_MS,
            used.input_tokens,
            used.output_tokens,
        )
        opened_here = self._local.release(outcome)
        return self._shared.call(
            lambda found: _parse_permit(self._run(found, arguments)).deny_reason is LlmDenyReason.OPEN,
            lambda: opened_here,
        )

    def _run(self, client: RedisClient, arguments: tuple[Any, ...]) -> Any:
        return client.register_script(_script())(keys=[self.key], args=[str(value) for value in arguments])


def _window_values(window: RateLimitWindow | None) -> tuple[int, int]:
    return (-1, -1) if window is None else (window.limit, window.remaining)


def _parse_permit(answer: Any) -> LlmPermit:
    return LlmPermit(LlmDenyReason(answer[0]), int(answer[1]))
