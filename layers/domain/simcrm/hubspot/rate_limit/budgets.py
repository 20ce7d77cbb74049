"""The budgets of a portal: which one a call uses, how the call ended, and why a call must wait."""

from dataclasses import dataclass
from enum import StrEnum

from simcrm.core.config import HubSpotRateLimitConfig

BREAKER_FAILURES = 8
BREAKER_WINDOW_MS = 60_000
BREAKER_OPEN_MS = 30_000
"""More than 8 failures in 60 s open the breaker for 30 s; then one probe decides."""

PROBE_MS = 20_000
"""How long a probe may take before another call becomes the probe, as its process may have crashed."""

IN_FLIGHT_MS = 400
"""HubSpot counts a call when it arrives, which is at most this long after it was granted."""

DAILY_RETRY_MS = 900_000
"""How long before a spent daily limit is checked again: midnight is in the portal's time zone."""


class RateLimitBucket(StrEnum):
    """Which of the portal's budgets a call uses."""

    STANDARD = "standard"
    ASSOCIATIONS = "associations"
    SEARCH = "search"


INTERVAL_MS = {RateLimitBucket.STANDARD: 10_000, RateLimitBucket.ASSOCIATIONS: 10_000, RateLimitBucket.SEARCH: 1_000}


def bucket_for_path(path: str) -> RateLimitBucket:
    """The budget that a call to a path uses."""
    if path.endswith("/search"):
        return RateLimitBucket.SEARCH
    return RateLimitBucket.ASSOCIATIONS if "/associations/" in path else RateLimitBucket.STANDARD


class CallOutcome(StrEnum):
    """How a call ended with regard to limits: refused content is ``ok``, an outage is ``failed``.

    ``daily`` is a call throttled because the daily calls are spent: no wait within a run resolves it.
    """

    OK = "ok"
    DAILY = "daily"
    THROTTLED = "throttled"
    FAILED = "failed"


class DenyReason(StrEnum):
    """Why a call must wait, or ``granted`` if it need not."""

    GRANTED = "granted"
    BUDGET = "budget"
    COOLDOWN = "cooldown"
    BREAKER = "breaker"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request to call; ``wait`` is in seconds."""

    reason: DenyReason
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """The limits that the portal's headers state; None if a header is absent."""

    limit: int | None = None
    remaining: int | None = None
    daily_remaining: int | None = None


MAX_ASSOCIATION_CALLS = 150
MAX_STANDARD_CALLS = 250
"""The highest limits that HubSpot sells for association calls and for other calls, per 10 s."""


def plausible_headers(bucket: RateLimitBucket, headers: RateLimitHeaders) -> RateLimitHeaders:
    """What the headers of a response say about a bucket.

    HubSpot does not document whether an association call reports the limit of associations. A limit above the highest
    one sold for associations must be the general limit, which says nothing about associations. A limit above all those
    sold means that nothing is throttled.
    """
    if bucket is not RateLimitBucket.ASSOCIATIONS or headers.limit is None:
        return headers
    if not MAX_ASSOCIATION_CALLS < headers.limit <= MAX_STANDARD_CALLS:
        return headers
    return RateLimitHeaders(limit=MAX_ASSOCIATION_CALLS, daily_remaining=headers.daily_remaining)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Calls allowed, as configured: by bucket in its interval, and per day. The headers correct them."""

    standard: int = 100
    associations: int = 100
    search: int = 5
    daily: int = 250_000

    def for_bucket(self, bucket: RateLimitBucket) -> int:
        """The calls allowed for a bucket in its interval."""
        return {
            RateLimitBucket.STANDARD: self.standard,
            RateLimitBucket.ASSOCIATIONS: self.associations,
            RateLimitBucket.SEARCH: self.search,
        }[bucket]


def rate_limits_from_config(config: HubSpotRateLimitConfig) -> RateLimits:
    """The limits as configured."""
    return RateLimits(standard=config.hubspot_calls_per_ten_seconds, daily=config.hubspot_calls_per_day)
