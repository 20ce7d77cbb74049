"""The rate limiter of one process, for when there is no cache: the same rules at a share of the rate."""

import time
from collections.abc import Callable

from simcrm.llm.providers.base import RateLimitWindow, Usage
from simcrm.llm.rate_limit.policy import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    PROBE_MS,
    LlmCallOutcome,
    LlmDenyReason,
    LlmPermit,
)

LOCAL_SHARE = 0.1
"""The share of each limit, so that ten functions that cannot see each other stay within it."""
MINUTE_MS = 60_000


class _Bucket:
    def __init__(self, limit: float) -> None:
        self.limit, self.level, self.at = limit, limit, 0.0

    def refill(self, now: float) -> None:
        self.level = min(self.limit, self.level + self.limit * max(0.0, now - self.at) / MINUTE_MS)
        self.at = now

    def wait(self, need: float) -> float:
        """Milliseconds until the bucket holds enough; a need above the limit waits for a full bucket."""
        missing = min(need, self.limit) - self.level
        return missing / self.limit * MINUTE_MS if self.limit and missing > 0 else 0.0

    def update_from_headers(self, window: RateLimitWindow | None, share: float, used: int) -> None:
        """Adopt what a response states that has used so much itself."""
        if window is None or not window.limit:
            return
        known = self.limit == window.limit * share
        # The provider may not have counted the other calls yet that are under way.
        under_way = max(0.0, self.limit - self.level - used)
        self.limit = window.limit * share
        self.level = (
            min(self.level, window.remaining) if known else max(0.0, min(self.limit, window.remaining) - under_way)
        )


class LocalRateLimiter:
    """Knows only the calls of this process; ``clock`` returns milliseconds."""

    def __init__(
        self,
        limits: tuple[int, int, int],
        clock: Callable[[], float] = lambda: time.monotonic() * 1000,
        share: float = LOCAL_SHARE,
    ) -> None:
        self._clock, self._share = clock, share
        self._buckets = [_Bucket(limit * share) for limit in limits]
        self._cooldown = self._open = self._probe = 0.0
        self._failures = 0

    def acquire(self, expected: Usage) -> LlmPermit:
        """Reserve a request and its tokens, or say why not."""
        now = self._clock()
        hindered = self._denial(now)
        if hindered is not None:
            return hindered
        needs = (1, expected.input_tokens, expected.output_tokens)
        for bucket in self._buckets:
            bucket.refill(now)
        wait = max(bucket.wait(need) for bucket, need in zip(self._buckets, needs, strict=True))
        if wait > 0:
            return LlmPermit(LlmDenyReason.LIMIT, int(wait) + 1)
        for bucket, need in zip(self._buckets, needs, strict=True):
            bucket.level -= need
        if self._open:
            self._probe = now + PROBE_MS
        return LlmPermit(LlmDenyReason.NONE, 0)

    def release(self, outcome: LlmCallOutcome) -> bool:
        """Release what was not used and adopt the provider's limits; return whether this opened the breaker."""
        now, reserved, used, windows = self._clock(), outcome.reserved, outcome.used, outcome.rate_limits
        given_back = (0, reserved.input_tokens - used.input_tokens, reserved.output_tokens - used.output_tokens)
        header_windows = (windows.requests, windows.input_tokens, windows.output_tokens)
        own = (1, used.input_tokens, used.output_tokens)
        for bucket, amount, window, spent in zip(self._buckets, given_back, header_windows, own, strict=True):
            bucket.refill(now)
            bucket.level += amount
            bucket.update_from_headers(window, self._share, spent)
        if outcome.cooldown_ms:
            self._cooldown = max(self._cooldown, now + outcome.cooldown_ms)
        return self._record_signal(outcome.breaker_signal, now)

    def _denial(self, now: float) -> LlmPermit | None:
        if self._cooldown > now:
            return LlmPermit(LlmDenyReason.COOLDOWN, int(self._cooldown - now) + 1)
        until = max(self._open, self._probe)
        return LlmPermit(LlmDenyReason.OPEN, int(until - now) + 1) if until > now else None

    def _record_signal(self, breaker_signal: str, now: float) -> bool:
        self._probe = 0.0
        if breaker_signal == "ok":
            self._failures, self._open = 0, 0.0
        elif breaker_signal == "sick":
            self._failures += 1
            if self._failures >= BREAKER_FAILURES or self._open:
                self._open = now + BREAKER_OPEN_MS
                return True
        return False
