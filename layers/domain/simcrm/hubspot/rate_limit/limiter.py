"""The single gate before every HubSpot call: shared by all writers through Redis, local and slower without it."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from simcrm.cache.resilient_cache import PAUSE_SECONDS, CacheWithFallback, OutagePolicy, RedisClient
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import HUBSPOT, Metric
from simcrm.core.log import log_event
from simcrm.hubspot.errors import DAILY_LIMIT_MESSAGE, DailyLimitError, PortalUnavailableError
from simcrm.hubspot.rate_limit.budgets import (
    INTERVAL_MS,
    CallOutcome,
    Decision,
    DenyReason,
    RateLimitBucket,
    RateLimitHeaders,
    RateLimits,
    plausible_headers,
)
from simcrm.hubspot.rate_limit.local_limiter import LocalRateLimits
from simcrm.hubspot.rate_limit.redis_limiter import RedisRateLimits

MAX_WAIT_SECONDS = 12.0
"""The longest wait inside a function: slightly more than HubSpot's window. Longer waits are spent in the queue."""


def _log_local_limits(message: str, reason: str, _simulation_id: str | None) -> None:
    log_event("LIMITS_LOCAL", message, level=logging.WARNING, reason=reason)


OUTAGE = OutagePolicy("no shared limits: using a safe local rate", PAUSE_SECONDS, _log_local_limits)


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission for one call."""

    bucket: RateLimitBucket
    call_id: str


@dataclass(frozen=True, slots=True)
class Sleeper:
    """Clock and sleep, in seconds; tests provide their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = lambda seconds: time.sleep(seconds)  # noqa: PLW0108 - looked up when called


class HubSpotRateLimiter:
    """Grants calls and learns from their responses; shared by the threads of a process."""

    def __init__(self, cache: RedisClient | None, rate_limits: RateLimits, sleeper: Sleeper | None = None) -> None:
        self._redis = RedisRateLimits(rate_limits)
        self._local = LocalRateLimits(rate_limits)
        self._sleeper = sleeper or Sleeper()
        self._cache = CacheWithFallback(cache, OUTAGE, clock=self._sleeper.clock)
        self._lock = threading.Lock()

    def acquire(self, bucket: RateLimitBucket, max_wait: float = MAX_WAIT_SECONDS) -> Permit:
        """Wait for a permit, for ``max_wait`` or ``MAX_WAIT_SECONDS`` seconds at most, whichever is shorter.

        Raises:
            PortalUnavailableError: the wait would be too long for a function; ``retry_after`` says how long.
            DailyLimitError: the daily calls are spent.
        """
        permit, waited = Permit(bucket, uuid.uuid4().hex), 0.0
        while (verdict := self._decide(permit)).reason is not DenyReason.GRANTED:
            if verdict.reason is DenyReason.DAILY:
                raise DailyLimitError(DAILY_LIMIT_MESSAGE)
            if waited + verdict.wait > min(max_wait, MAX_WAIT_SECONDS):
                raise PortalUnavailableError(f"waiting for the portal's limit ({verdict.reason})", verdict.wait)
            self._sleeper.sleep(verdict.wait)
            waited += verdict.wait
        if waited:
            cloudwatch_metrics.record(Metric.LIMIT_WAIT, round(waited * 1000), HUBSPOT)
        return permit

    def release(
        self, permit: Permit, outcome: CallOutcome, headers: RateLimitHeaders, retry_after: float | None
    ) -> None:
        """Learn from a response; a throttled call without ``Retry-After`` starts a cooldown of one interval."""
        cooldown = INTERVAL_MS[permit.bucket] / 1000 if retry_after is None else retry_after
        with self._lock:
            opened_here = self._local.release(permit.bucket, outcome, cooldown, self._sleeper.clock())
        plausible = plausible_headers(permit.bucket, headers)
        opened = self._cache.call(
            lambda client: self._redis.release(
                client, permit.bucket, permit.call_id, outcome, plausible, cooldown=cooldown
            ),
            lambda: opened_here,
        )
        cloudwatch_metrics.record(Metric.COOLDOWNS, outcome is CallOutcome.THROTTLED, HUBSPOT)
        cloudwatch_metrics.record(Metric.BREAKER_OPENED, opened, HUBSPOT)

    def _decide(self, permit: Permit) -> Decision:
        return self._cache.call(
            lambda client: self._redis.acquire(client, permit.bucket, permit.call_id),
            lambda: self._decide_locally(permit.bucket),
        )

    def _decide_locally(self, bucket: RateLimitBucket) -> Decision:
        with self._lock:
            return self._local.acquire(bucket, self._sleeper.clock())
