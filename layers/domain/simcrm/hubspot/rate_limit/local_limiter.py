"""The limits of one process alone, while there is no Redis: a fifth of the budget, for there may be five of them."""

from collections import deque
from dataclasses import dataclass, field

from simcrm.hubspot.rate_limit.policy import (
    BREAKER_FAILURES,
    BREAKER_OPEN_MS,
    BREAKER_WINDOW_MS,
    FLIGHT_MS,
    INTERVAL_MS,
    PROBE_MS,
    Budgets,
    Family,
    Outcome,
    Reason,
    Verdict,
)

SHARE = 5
"""Four writers and whoever else calls the portal."""

SPENT_SECONDS = 60.0
"""How long one process believes in a spent day: nobody can tell it that the run was resumed."""


@dataclass(slots=True)
class LocalLimits:
    """The same decisions as the shared limits, from this process's calls; ``now`` is in seconds of any clock."""

    budgets: Budgets
    _calls: dict[Family, deque[float]] = field(default_factory=lambda: {family: deque() for family in Family})
    _cooldown: dict[Family, float] = field(default_factory=dict)
    _failures: deque[float] = field(default_factory=deque)
    _open_until: float | None = None
    _spent_until: float | None = None

    def take(self, family: Family, now: float) -> Verdict:
        """Ask for one call."""
        if self._spent_until is not None and self._spent_until > now:
            return Verdict(Reason.DAILY)
        cooldown = self._cooldown.get(family, now) - now
        if cooldown > 0:
            return Verdict(Reason.COOLDOWN, cooldown)
        if self._open_until is not None and self._open_until > now:
            return Verdict(Reason.BREAKER, self._open_until - now)
        calls, interval = self._calls[family], (INTERVAL_MS[family] + FLIGHT_MS) / 1000
        _forget(calls, now - interval)
        if len(calls) >= max(1, self.budgets.of(family) // SHARE):
            return Verdict(Reason.BUDGET, calls[0] + interval - now)
        if self._open_until is not None:  # this call is the probe; the others wait for it
            self._open_until = now + PROBE_MS / 1000
        calls.append(now)
        return Verdict(Reason.GRANTED)

    def settle(self, family: Family, outcome: Outcome, cooldown: float, now: float) -> bool:
        """Report what a call was answered; whether this opened the breaker."""
        if outcome is Outcome.THROTTLED:
            self._cooldown[family] = now + cooldown
        elif outcome is Outcome.OK:
            self._open_until = self._spent_until = None
        elif outcome is Outcome.DAILY:
            self._open_until, self._spent_until = None, now + SPENT_SECONDS
        else:
            return self._fail(now)
        return False

    def _fail(self, now: float) -> bool:
        _forget(self._failures, now - BREAKER_WINDOW_MS / 1000)
        self._failures.append(now)
        opens = self._open_until is not None or len(self._failures) > BREAKER_FAILURES
        if opens:
            self._open_until = now + BREAKER_OPEN_MS / 1000
            self._failures.clear()
        return opens


def _forget(moments: deque[float], before: float) -> None:
    while moments and moments[0] <= before:
        moments.popleft()
