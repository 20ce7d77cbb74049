"""Rate limits: calls per ten seconds, calls per day, searches per second."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from local_hubspot.portal.portal_settings import Plan, PortalSettings

_TEN_SECONDS = 10_000
_DAY = 86_400_000


class LimitFamily(StrEnum):
    """Group of endpoints that share limits."""

    STANDARD = "standard"
    ASSOCIATIONS = "associations"
    SEARCH = "search"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """Limits: calls per token in ten seconds, calls per day, searches per second, and both limits of association calls.

    ``general_headers``: responses to association calls show the limit of the other calls.
    """

    ten_secondly: int
    daily: int
    searches: int
    associations: int
    daily_associations: int
    throttles: bool
    general_headers: bool


_PLANS = {
    Plan.FREE: (100, 250_000, 5, 100, 500_000),
    Plan.STARTER: (100, 250_000, 5, 100, 500_000),
    Plan.PROFESSIONAL: (190, 625_000, 5, 150, 500_000),
    Plan.ENTERPRISE: (190, 1_000_000, 5, 150, 500_000),
    Plan.UNLIMITED: (10_000, 10_000_000, 5, 10_000, 10_000_000),
}


def resolve_limits(settings: PortalSettings) -> PlanLimits:
    """Return the plan's limits with the overrides of the settings; an override throttles on every plan."""
    overrides = (
        settings.calls_per_ten_seconds,
        settings.calls_per_day,
        settings.searches_per_second,
        settings.association_calls_per_ten_seconds,
        settings.association_calls_per_day,
    )
    values = [override or planned for override, planned in zip(overrides, _PLANS[settings.plan], strict=True)]
    ten_secondly, daily, searches, associations, daily_associations = values
    return PlanLimits(
        ten_secondly,
        daily,
        searches,
        associations,
        daily_associations,
        throttles=settings.plan is not Plan.UNLIMITED or any(overrides),
        general_headers=settings.association_headers_show_general_limit,
    )


class ThrottledError(Exception):
    """A call over a limit; ``policy`` is HubSpot's name for it, ``wait`` the milliseconds until it may be retried."""

    def __init__(self, policy: str, wait: int) -> None:
        super().__init__(policy)
        self.policy = policy
        self.wait = wait

    def body(self, correlation_id: str, portal_id: int) -> dict[str, Any]:
        """Return HubSpot's 429 body."""
        body = {
            "status": "error",
            "message": f"You have reached your {self.policy.lower()} limit.",
            "errorType": "RATE_LIMIT",
            "correlationId": correlation_id,
            "policyName": self.policy,
        }
        if self.policy == "TEN_SECONDLY_ROLLING":
            body["groupName"] = f"publicapi:private_app-api-calls-ten-secondly:1234567:{portal_id}"
        return body | ({"requestId": correlation_id} if self.policy == "DAILY" else {})


@dataclass(slots=True)
class CallWindow:
    """Times (epoch milliseconds) of the calls in the last ``length`` milliseconds."""

    length: int
    calls: deque[int] = field(default_factory=deque)

    def count_used(self, now: int) -> int:
        """Return the number of calls that still count at ``now``."""
        while self.calls and self.calls[0] <= now - self.length:
            self.calls.popleft()
        return len(self.calls)


class CallLimiter:
    """Counts calls against the limits; ``day_of`` converts epoch milliseconds to a day in the account's time zone."""

    def __init__(self, day_of: Callable[[int], str]) -> None:
        self._day_of = day_of
        self._bursts: dict[tuple[str, LimitFamily], CallWindow] = {}
        self._searches = CallWindow(1000)
        self._day = ""
        self._day_calls = 0
        self._day_associations = 0
        self._day_until = 0

    def take(self, limits: PlanLimits, token: str, family: LimitFamily, now: int) -> dict[str, str]:
        """Count one call at ``now`` and return the rate limit headers; raises :class:`ThrottledError`."""
        if family is LimitFamily.FREE:
            return {}
        self._start_day(now)
        if limits.throttles and self._is_spent(limits, family):
            raise ThrottledError("DAILY", self._day_until - now)
        window, greatest, policy = self._window(limits, token, family)
        if limits.throttles:
            if window.count_used(now) >= greatest:
                raise ThrottledError(policy, window.calls[0] + window.length - now)
            window.calls.append(now)
        self._day_calls += 1
        self._day_associations += family is LimitFamily.ASSOCIATIONS
        if family is LimitFamily.SEARCH:
            return {}
        if family is LimitFamily.ASSOCIATIONS and limits.general_headers:
            window, greatest, _ = self._window(limits, token, LimitFamily.STANDARD)
        return self._headers(limits, greatest - (window.count_used(now) if limits.throttles else 1), greatest)

    def _is_spent(self, limits: PlanLimits, family: LimitFamily) -> bool:
        if family is LimitFamily.ASSOCIATIONS and self._day_associations >= limits.daily_associations:
            return True
        return self._day_calls >= limits.daily

    def _window(self, limits: PlanLimits, token: str, family: LimitFamily) -> tuple[CallWindow, int, str]:
        if family is LimitFamily.SEARCH:
            return self._searches, limits.searches, "SECONDLY"
        greatest = limits.associations if family is LimitFamily.ASSOCIATIONS else limits.ten_secondly
        window = self._bursts.setdefault((token, family), CallWindow(_TEN_SECONDS))
        return window, greatest, "TEN_SECONDLY_ROLLING"

    def _headers(self, limits: PlanLimits, remaining: int, limit: int) -> dict[str, str]:
        left_today = max(0, limits.daily - self._day_calls) if limits.throttles else limits.daily
        return {
            "X-HubSpot-RateLimit-Max": str(limit),
            "X-HubSpot-RateLimit-Remaining": str(remaining),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(_TEN_SECONDS),
            "X-HubSpot-RateLimit-Daily": str(limits.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(left_today),
        }

    def _start_day(self, now: int) -> None:
        if now >= self._day_until:
            day = self._day_of(now)
            if day != self._day:
                self._day, self._day_calls, self._day_associations = day, 0, 0
            self._day_until = self._next_midnight(now)

    def _next_midnight(self, now: int) -> int:
        today, low, high = self._day_of(now), now, now + _DAY + 2 * 3_600_000
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._day_of(middle) == today else (low, middle)
        return high
