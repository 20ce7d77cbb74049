"""The words and numbers of the limits: whose budget a call takes, what it was answered, how long to wait."""

from dataclasses import dataclass
from enum import StrEnum

from simcrm.core.config import LimitConfig

BREAKER_FAILURES = 8
BREAKER_WINDOW_MS = 60_000
BREAKER_OPEN_MS = 30_000
"""More than 8 failures in 60 s open the breaker for 30 s; then one probe decides."""

PROBE_MS = 20_000
"""How long a probe may take before another call becomes one: its process may have died."""

FLIGHT_MS = 400
"""HubSpot counts a call when it arrives, which is at most this long after it was granted."""

DAILY_AGAIN_MS = 900_000
"""A spent day is asked about again after this: midnight is in the portal's time zone."""


class Family(StrEnum):
    """Which of the portal's budgets a call takes."""

    STANDARD = "standard"
    ASSOCIATIONS = "associations"
    SEARCH = "search"


INTERVAL_MS = {Family.STANDARD: 10_000, Family.ASSOCIATIONS: 10_000, Family.SEARCH: 1_000}


def family_of(path: str) -> Family:
    """The budget of a path."""
    if path.endswith("/search"):
        return Family.SEARCH
    return Family.ASSOCIATIONS if "/associations/" in path else Family.STANDARD


class Outcome(StrEnum):
    """What became of a call, as far as limits care: a refused content is ``ok``, an outage is ``failed``.

    ``daily`` is a throttled call of a day whose calls are spent: no waiting inside a run mends it.
    """

    OK = "ok"
    DAILY = "daily"
    THROTTLED = "throttled"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a call must wait, or that it need not."""

    GRANTED = "granted"
    BUDGET = "budget"
    COOLDOWN = "cooldown"
    BREAKER = "breaker"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a wish to call; ``wait`` is in seconds."""

    reason: Reason
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Headers:
    """The portal's own word on its limits, None where it is silent."""

    greatest: int | None = None
    remaining: int | None = None
    daily_remaining: int | None = None


ASSOCIATIONS_MOST = 150
STANDARD_MOST = 250
"""The largest limits of associations and of other calls that HubSpot sells, in 10 s."""


def believed(family: Family, said: Headers) -> Headers:
    """What the headers of an answer say about a family.

    HubSpot does not document whether an association call shows the associations' own limit. A larger one than is sold
    must be the general one: it tells nothing about associations. Beyond all that is sold nothing is throttled.
    """
    if family is not Family.ASSOCIATIONS or said.greatest is None:
        return said
    if not ASSOCIATIONS_MOST < said.greatest <= STANDARD_MOST:
        return said
    return Headers(greatest=ASSOCIATIONS_MOST, daily_remaining=said.daily_remaining)


@dataclass(frozen=True, slots=True)
class Budgets:
    """Calls allowed, as configured: by family in its interval, and a day. The headers correct them."""

    standard: int = 100
    associations: int = 100
    search: int = 5
    daily: int = 250_000

    def of(self, family: Family) -> int:
        """The calls of a family in its interval."""
        return {
            Family.STANDARD: self.standard,
            Family.ASSOCIATIONS: self.associations,
            Family.SEARCH: self.search,
        }[family]


def budgets_of(config: LimitConfig) -> Budgets:
    """The budgets as configured."""
    return Budgets(standard=config.hubspot_calls_per_ten_seconds, daily=config.hubspot_calls_per_day)
