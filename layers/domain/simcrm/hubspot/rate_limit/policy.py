"""The words and numbers of the limits: whose budget a call takes, what it was answered, how long to wait."""

from dataclasses import dataclass
from enum import StrEnum

from simcrm.core.config import HubSpotRateLimitConfig

BREAKER_FAILURES = 8
BREAKER_WINDOW_MS = 60_000
BREAKER_OPEN_MS = 30_000
"""More than 8 failures in 60 s open the breaker for 30 s; then one probe decides."""

PROBE_MS = 20_000
"""How long a probe may take before another call becomes one: its process may have died."""

IN_FLIGHT_MS = 400
"""HubSpot counts a call when it arrives, which is at most this long after it was granted."""

DAILY_RETRY_MS = 900_000
"""A spent day is asked about again after this: midnight is in the portal's time zone."""


class RateLimitBucket(StrEnum):
    """Which of the portal's budgets a call takes."""

    STANDARD = "standard"
    ASSOCIATIONS = "associations"
    SEARCH = "search"


INTERVAL_MS = {RateLimitBucket.STANDARD: 10_000, RateLimitBucket.ASSOCIATIONS: 10_000, RateLimitBucket.SEARCH: 1_000}


def bucket_for_path(path: str) -> RateLimitBucket:
    """The budget of a path."""
    if path.endswith("/search"):
        return RateLimitBucket.SEARCH
    return RateLimitBucket.ASSOCIATIONS if "/associations/" in path else RateLimitBucket.STANDARD


class CallOutcome(StrEnum):
    """What became of a call, as far as limits care: a refused content is ``ok``, an outage is ``failed``.

    ``daily`` is a throttled call of a day whose calls are spent: no waiting inside a run mends it.
    """

    OK = "ok"
    DAILY = "daily"
    THROTTLED = "throttled"
    FAILED = "failed"


class DenyReason(StrEnum):
    """Why a call must wait, or that it need not."""

    GRANTED = "granted"
    BUDGET = "budget"
    COOLDOWN = "cooldown"
    BREAKER = "breaker"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a wish to call; ``wait`` is in seconds."""

    reason: DenyReason
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """The portal's own word on its limits, None where it is silent."""

    limit: int | None = None
    remaining: int | None = None
    daily_remaining: int | None = None


MAX_ASSOCIATION_CALLS = 150
MAX_STANDARD_CALLS = 250
"""The largest limits of associations and of other calls that HubSpot sells, in 10 s."""


def plausible_headers(bucket: RateLimitBucket, headers: RateLimitHeaders) -> RateLimitHeaders:
    """What the headers of an answer say about a family.

    HubSpot does not document whether an association call shows the associations' own limit. A larger one than is sold
    must be the general one: it tells nothing about associations. Beyond all that is sold nothing is throttled.
    """
    if bucket is not RateLimitBucket.ASSOCIATIONS or headers.limit is None:
        return headers
    if not MAX_ASSOCIATION_CALLS < headers.limit <= MAX_STANDARD_CALLS:
        return headers
    return RateLimitHeaders(limit=MAX_ASSOCIATION_CALLS, daily_remaining=headers.daily_remaining)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Calls allowed, as configured: by family in its interval, and a day. The headers correct them."""

    standard: int = 100
    associations: int = 100
    search: int = 5
    daily: int = 250_000

    def for_bucket(self, bucket: RateLimitBucket) -> int:
        """The calls of a family in its interval."""
        return {
            RateLimitBucket.STANDARD: self.standard,
            RateLimitBucket.ASSOCIATIONS: self.associations,
            RateLimitBucket.SEARCH: self.search,
        }[bucket]


def rate_limits_from_config(config: HubSpotRateLimitConfig) -> RateLimits:
    """The budgets as configured."""
    return RateLimits(standard=config.hubspot_calls_per_ten_seconds, daily=config.hubspot_calls_per_day)
