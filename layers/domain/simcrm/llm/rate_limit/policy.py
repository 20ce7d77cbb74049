"""What the limiters agree on: the words of the Redis script and of the local one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from simcrm.llm.errors import LlmCallError
from simcrm.llm.providers.base import RateLimitWindows, Usage

BREAKER_FAILURES = 5
BREAKER_OPEN_MS = 30_000
PROBE_MS = 15_000
"""A probe that has not come back by then is taken for lost."""
DEFAULT_COOLDOWN_MS = 5_000
"""Quiet after a 429 or 529 that does not say how long."""


class LlmDenyReason(StrEnum):
    """Why a call may not go out yet."""

    NONE = "none"
    LIMIT = "limit"
    COOLDOWN = "cooldown"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class LlmPermit:
    """Whether a call may go out; if not, why, and after how many milliseconds to ask again."""

    deny_reason: LlmDenyReason
    wait_ms: int

    @property
    def is_granted(self) -> bool:
        """Whether the call may go out now."""
        return self.deny_reason is LlmDenyReason.NONE


UNKNOWN_LIMITS = RateLimitWindows()


@dataclass(frozen=True, slots=True)
class LlmCallOutcome:
    """How an admitted call ended: what was reserved, what was used, what the provider said."""

    reserved: Usage
    used: Usage
    rate_limits: RateLimitWindows = UNKNOWN_LIMITS
    failure: LlmCallError | None = None

    @property
    def cooldown_ms(self) -> int:
        """How long all callers must be quiet."""
        if self.failure is None or not self.failure.starts_cooldown:
            return 0
        seconds = self.failure.retry_after
        return DEFAULT_COOLDOWN_MS if seconds is None else round(seconds * 1000)

    @property
    def breaker_signal(self) -> str:
        """``ok``, ``sick`` for the breaker, or ``none`` where the end says nothing about the provider's health."""
        if self.failure is None:
            return "ok"
        return "sick" if self.failure.counts_for_breaker else "none"


class LlmRateLimiter(Protocol):
    """Admits calls and learns from their ends."""

    def acquire(self, expected: Usage) -> LlmPermit:
        """Reserve a request and its tokens, or say why not."""

    def release(self, outcome: LlmCallOutcome) -> bool:
        """Give back what was not used and take over what the provider said; whether this opened the breaker."""
