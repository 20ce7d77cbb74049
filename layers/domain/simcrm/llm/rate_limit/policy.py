"""Terms shared by the rate limiters in Redis and in the process."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from simcrm.llm.errors import LlmCallError
from simcrm.llm.providers.base import RateLimitWindows, Usage

BREAKER_FAILURES = 5
BREAKER_OPEN_MS = 30_000
PROBE_MS = 15_000
"""A probe that has not returned by then is considered lost."""
DEFAULT_COOLDOWN_MS = 5_000
"""The cooldown after a 429 or 529 that does not say how long."""


class LlmDenyReason(StrEnum):
    """Why a call may not be sent yet."""

    NONE = "none"
    LIMIT = "limit"
    COOLDOWN = "cooldown"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class LlmPermit:
    """Whether a call may be sent; if not, why, and after how many milliseconds to ask again."""

    deny_reason: LlmDenyReason
    wait_ms: int

    @property
    def is_granted(self) -> bool:
        """Whether the call may be sent now."""
        return self.deny_reason is LlmDenyReason.NONE


UNKNOWN_LIMITS = RateLimitWindows()


@dataclass(frozen=True, slots=True)
class LlmCallOutcome:
    """How a granted call ended: what was reserved, what was used, what the provider said."""

    reserved: Usage
    used: Usage
    rate_limits: RateLimitWindows = UNKNOWN_LIMITS
    failure: LlmCallError | None = None

    @property
    def cooldown_ms(self) -> int:
        """How long all callers must pause."""
        if self.failure is None or not self.failure.starts_cooldown:
            return 0
        seconds = self.failure.retry_after
        return DEFAULT_COOLDOWN_MS if seconds is None else round(seconds * 1000)

    @property
    def breaker_signal(self) -> str:
        """``ok``, ``sick`` for the breaker, or ``none`` if the outcome says nothing about the provider's health."""
        if self.failure is None:
            return "ok"
        return "sick" if self.failure.counts_for_breaker else "none"


class LlmRateLimiter(Protocol):
    """Grants calls and learns from their outcomes."""

    def acquire(self, expected: Usage) -> LlmPermit:
        """Reserve a request and its tokens, or say why not."""

    def release(self, outcome: LlmCallOutcome) -> bool:
        """Release what was not used and adopt the provider's limits; return whether this opened the breaker."""
