"""What the limiters agree on: the words of the Redis script and of the local one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from simcrm.llm.errors import CallFailedError
from simcrm.llm.providers.base import Usage, Windows

BREAKER_FAILURES = 5
BREAKER_OPEN_MS = 30_000
PROBE_MS = 15_000
"""A probe that has not come back by then is taken for lost."""
DEFAULT_COOLDOWN_MS = 5_000
"""Quiet after a 429 or 529 that does not say how long."""


class Hindrance(StrEnum):
    """Why a call may not go out yet."""

    NONE = "none"
    LIMIT = "limit"
    COOLDOWN = "cooldown"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may go out; if not, why, and after how many milliseconds to ask again."""

    hindrance: Hindrance
    wait_ms: int

    @property
    def is_granted(self) -> bool:
        """Whether the call may go out now."""
        return self.hindrance is Hindrance.NONE


UNKNOWN = Windows()


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an admitted call ended: what was reserved, what was used, what the provider said."""

    reserved: Usage
    used: Usage
    windows: Windows = UNKNOWN
    failure: CallFailedError | None = None

    @property
    def cooldown_ms(self) -> int:
        """How long all callers must be quiet."""
        if self.failure is None or not self.failure.pauses:
            return 0
        seconds = self.failure.retry_after
        return DEFAULT_COOLDOWN_MS if seconds is None else round(seconds * 1000)

    @property
    def mark(self) -> str:
        """``ok``, ``sick`` for the breaker, or ``none`` where the end says nothing about the provider's health."""
        if self.failure is None:
            return "ok"
        return "sick" if self.failure.is_sick else "none"


class Gate(Protocol):
    """Admits calls and learns from their ends."""

    def admit(self, expected: Usage) -> Admission:
        """Reserve a request and its tokens, or say why not."""

    def settle(self, settlement: Settlement) -> bool:
        """Give back what was not used and take over what the provider said; whether this opened the breaker."""
