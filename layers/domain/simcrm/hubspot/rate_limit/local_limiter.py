"""Rate limits of a single process while Redis is unavailable: a fifth of the budget, for up to five processes."""

from collections import deque
from dataclasses import dataclass, field

from simcrm.hubspot.rate_limit.budgets import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    BREAKER_WINDOW_MS,
    IN_FLIGHT_MS,
    INTERVAL_MS,
    PROBE_MS,
    CallOutcome,
    Decision,
    DenyReason,
    RateLimitBucket,
    RateLimits,
)

PROCESS_SHARE = 5
"""Four writers and any other caller of the portal."""

DAILY_RETRY_SECONDS = 60.0
"""How long a process considers the daily limit spent: nothing can tell it that the run was resumed."""


@dataclass(slots=True)
class LocalRateLimits:
    """Makes the same decisions as the shared limits, from this process's calls; ``now`` is in seconds of any clock."""

    rate_limits: RateLimits
    _calls: dict[RateLimitBucket, deque[float]] = field(
        default_factory=lambda: {family: deque() for family in RateLimitBucket}
    )
    _cooldown: dict[RateLimitBucket, float] = field(default_factory=dict)
    _failures: deque[float] = field(default_factory=deque)
    _open_until: float | None = None
    _daily_limit_until: float | None = None

    def acquire(self, bucket: RateLimitBucket, now: float) -> Decision:
        """Request permission for one call."""
        if self._daily_limit_until is not None and self._daily_limit_until > now:
            return Decision(DenyReason.DAILY)
        cooldown = self._cooldown.get(bucket, now) - now
        if cooldown > 0:
            return Decision(DenyReason.COOLDOWN, cooldown)
        if self._open_until is not None and self._open_until > now:
            return Decision(DenyReason.BREAKER, self._open_until - now)
        calls, interval = self._calls[bucket], (INTERVAL_MS[bucket] + IN_FLIGHT_MS) / 1000
        _drop_older(calls, now - interval)
        if len(calls) >= max(1, self.rate_limits.for_bucket(bucket) // PROCESS_SHARE):
            return Decision(DenyReason.BUDGET, calls[0] + interval - now)
        if self._open_until is not None:  # this call is the probe; the others wait for it
            self._open_until = now + PROBE_MS / 1000
        calls.append(now)
        return Decision(DenyReason.GRANTED)

    def release(self, bucket: RateLimitBucket, outcome: CallOutcome, cooldown: float, now: float) -> bool:
        """Report the outcome of a call; return whether it opened the breaker."""
        if outcome is CallOutcome.THROTTLED:
            self._cooldown[bucket] = now + cooldown
        elif outcome is CallOutcome.OK:
            self._open_until = self._daily_limit_until = None
        elif outcome is CallOutcome.DAILY:
            self._open_until, self._daily_limit_until = None, now + DAILY_RETRY_SECONDS
        else:
            return self._record_failure(now)
        return False

    def _record_failure(self, now: float) -> bool:
        _drop_older(self._failures, now - BREAKER_WINDOW_MS / 1000)
        self._failures.append(now)
        opens = self._open_until is not None or len(self._failures) > BREAKER_FAILURES
        if opens:
            self._open_until = now + BREAKER_OPEN_MS / 1000
            self._failures.clear()
        return opens


def _drop_older(moments: deque[float], before: float) -> None:
    while moments and moments[0] <= before:
        moments.popleft()
