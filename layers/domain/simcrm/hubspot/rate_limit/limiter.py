"""The one gate before every HubSpot call: shared by all writers through Redis, local and slow without it."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import redis

from simcrm.core import cloudwatch_metrics, log
from simcrm.core.cloudwatch_metrics import HUBSPOT, Measure
from simcrm.hubspot.errors import DAILY, DailyLimitError, PortalBusyError
from simcrm.hubspot.rate_limit.local_limiter import LocalLimits
from simcrm.hubspot.rate_limit.policy import INTERVAL_MS, Budgets, Family, Headers, Outcome, Reason, Verdict, believed
from simcrm.hubspot.rate_limit.redis_limiter import SharedLimits

MAX_WAIT_SECONDS = 12.0
"""The longest wait inside a function: a little more than HubSpot's window. Longer ones are spent in the queue."""

AWAY_SECONDS = 10.0
"""How long an absent Redis is left alone, so that its time-outs do not stop the work."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One call that may be made."""

    family: Family
    call_id: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock and sleep, in seconds; a test gives its own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = lambda seconds: time.sleep(seconds)  # noqa: PLW0108 - looked up when called


class Limiter:
    """Grants calls and learns from their answers; used by several threads of a process."""

    def __init__(self, cache: redis.Redis | None, budgets: Budgets, timing: Timing | None = None) -> None:
        self._shared = None if cache is None else SharedLimits(cache, budgets)
        self._local = LocalLimits(budgets)
        self._timing = timing or Timing()
        self._lock = threading.Lock()
        self._away_until = 0.0

    def acquire(self, family: Family, longest: float = MAX_WAIT_SECONDS) -> Grant:
        """Wait for a call of a family, for ``longest`` seconds and ``MAX_WAIT_SECONDS`` at most.

        Raises:
            PortalBusyError: the wait would be too long for a function; ``retry_after`` says how long.
            DailyLimitError: the day's calls are spent.
        """
        grant, waited = Grant(family, uuid.uuid4().hex), 0.0
        while (verdict := self._take(grant)).reason is not Reason.GRANTED:
            if verdict.reason is Reason.DAILY:
                raise DailyLimitError(DAILY)
            if waited + verdict.wait > min(longest, MAX_WAIT_SECONDS):
                raise PortalBusyError(f"waiting for the portal's limit ({verdict.reason})", verdict.wait)
            self._timing.sleep(verdict.wait)
            waited += verdict.wait
        if waited:
            cloudwatch_metrics.add(Measure.LIMIT_WAIT, round(waited * 1000), HUBSPOT)
        return grant

    def settle(self, grant: Grant, outcome: Outcome, headers: Headers, retry_after: float | None) -> None:
        """Learn from an answer; a throttled call without ``Retry-After`` cools down for one interval."""
        cooldown = INTERVAL_MS[grant.family] / 1000 if retry_after is None else retry_after
        with self._lock:
            opened = self._local.settle(grant.family, outcome, cooldown, self._timing.clock())
        shared = self._present()
        if shared is not None:
            try:
                said = believed(grant.family, headers)
                opened = shared.settle(grant.family, grant.call_id, outcome, said, cooldown)
            except redis.RedisError as error:
                self._gone(error)
        cloudwatch_metrics.add(Measure.COOLDOWNS, outcome is Outcome.THROTTLED, HUBSPOT)
        cloudwatch_metrics.add(Measure.BREAKER_OPENED, opened, HUBSPOT)

    def _take(self, grant: Grant) -> Verdict:
        shared = self._present()
        if shared is not None:
            try:
                return shared.take(grant.family, grant.call_id)
            except redis.RedisError as error:
                self._gone(error)
        with self._lock:
            return self._local.take(grant.family, self._timing.clock())

    def _present(self) -> SharedLimits | None:
        return self._shared if self._timing.clock() >= self._away_until else None

    def _gone(self, error: redis.RedisError) -> None:
        self._away_until = self._timing.clock() + AWAY_SECONDS
        reason = type(error).__name__
        log.event("LIMITS_LOCAL", "no shared limits: a safe local rate holds", level=logging.WARNING, reason=reason)
