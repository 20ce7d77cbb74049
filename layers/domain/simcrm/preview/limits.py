"""Compare a run's peak demand on AWS and the portal with their limits, to find the limit it reaches first."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from simcrm.core.config import HubSpotRateLimitConfig
from simcrm.core.json_types import JsonObject
from simcrm.planning.batches import MAX_MAP_CONCURRENCY, MIN_GAP
from simcrm.planning.time_mapping import MAX_EXECUTION
from simcrm.preview.aws_cost import BATCH_TRANSITIONS, DEFAULT_USAGE, START_TRANSITIONS, WAVE_TRANSITIONS
from simcrm.preview.portal_load import DAY_SECONDS, WINDOW_SECONDS, WRITERS

MAP_CONCURRENCY = 40
"""Number of parallel batches from which HubSpot is the bottleneck in any portal; the template's default."""

OTHER_FUNCTIONS = 2
"""Functions that serve users during a run: the API and its authorizer."""

MAX_CALLS_PER_WRITER = 5
"""Number of concurrent HubSpot calls per writer."""

BATCH_SECONDS = 5.0
"""Time that a batch takes to pass through its steps if nothing has to wait."""

PLAN_SECONDS = 900
PLAN_SECONDS_PER_RECORD = 400e-6
"""Measured: docs/scale.md."""


@dataclass(frozen=True, slots=True)
class AwsQuotas:
    """Quotas of one account and Region; defaults are AWS's lowest in any Region, new accounts excepted.

    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, and the quota pages of Lambda and SQS.
    """

    functions: int = 1_000
    """Unreserved concurrent executions."""
    transitions_per_second: int = 800
    open_executions: int = 1_000_000
    messages_in_flight: int = 120_000


DEFAULT_QUOTAS = AwsQuotas()


@dataclass(frozen=True, slots=True)
class RunLoad:
    """A run as estimated by its preview; ``seconds`` is the time until its last step is due.

    If it ``is_at_once``, its batches wait for free map slots, not for the clock, except for a fraction of a second.
    """

    records: int
    batches: int
    waves: int
    hubspot_calls: int
    seconds: float
    map_concurrency: int
    is_at_once: bool

    @property
    def busy_seconds(self) -> float:
        """The time in seconds over which a run that follows the clock spreads its work."""
        return max(self.seconds, BATCH_SECONDS)

    @property
    def open_batches(self) -> int:
        """Number of concurrent child executions of the map."""
        return min(self.map_concurrency, self.batches) if self.is_at_once else min(MAX_MAP_CONCURRENCY, self.batches)


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """The use of one quota; ``needed`` is the run's unthrottled demand, in the unit of ``available``."""

    name: str
    needed: float
    available: float

    @property
    def share(self) -> float:
        """The share of the limit that the run needs; above 1, the limit is reached."""
        return self.needed / self.available

    def to_document(self) -> JsonObject:
        """Return the quota use as shown in the preview."""
        needed = round(self.needed, 1)
        return {"name": self.name, "needed": needed, "available": self.available, "share": round(self.share, 4)}


def functions_needed(map_concurrency: int) -> int:
    """Return the number of concurrent functions in a run with this many parallel batches."""
    return map_concurrency + WRITERS + OTHER_FUNCTIONS


def max_map_concurrency(functions: int) -> int:
    """Return the number of parallel batches, at least one, that fit an account's limit on concurrent functions."""
    return max(1, min(MAP_CONCURRENCY, functions - functions_needed(0)))


def quota_uses(load: RunLoad, portal: HubSpotRateLimitConfig, quotas: AwsQuotas = DEFAULT_QUOTAS) -> list[QuotaUse]:
    """Return the use of all limits, the one reached first at the top."""
    found = [*_portal_quota_uses(load, portal), *_aws_quota_uses(load, quotas)]
    return sorted(found, key=lambda limit: limit.share, reverse=True)


def _portal_quota_uses(load: RunLoad, portal: HubSpotRateLimitConfig) -> Iterator[QuotaUse]:
    """Yield the use of HubSpot's limits; writers send as fast as HubSpot responds if nothing waits for the clock."""
    fastest = WRITERS * MAX_CALLS_PER_WRITER / DEFAULT_USAGE.hubspot_call_seconds
    rate = fastest if load.is_at_once else min(fastest, load.hubspot_calls / load.busy_seconds)
    window = min(float(load.hubspot_calls), rate * WINDOW_SECONDS)
    day = min(float(load.hubspot_calls), rate * DAY_SECONDS)
    yield QuotaUse("hubspotCallsPerTenSeconds", window, portal.hubspot_calls_per_ten_seconds)
    yield QuotaUse("hubspotCallsPerDay", day, portal.hubspot_calls_per_day)


def _aws_quota_uses(load: RunLoad, quotas: AwsQuotas) -> Iterator[QuotaUse]:
    yield QuotaUse("lambdaConcurrency", functions_needed(_busy_batches(load)), quotas.functions)
    yield QuotaUse("planSeconds", load.records * PLAN_SECONDS_PER_RECORD, PLAN_SECONDS)
    yield QuotaUse("stepFunctionsTransitionsPerSecond", _transitions_per_second(load), quotas.transitions_per_second)
    yield QuotaUse("stepFunctionsOpenExecutions", 1 + load.open_batches, quotas.open_executions)
    yield QuotaUse("stepFunctionsMapChildren", load.open_batches, MAX_MAP_CONCURRENCY)
    yield QuotaUse("executionSeconds", 0 if load.is_at_once else load.seconds, MAX_EXECUTION.total_seconds())
    yield QuotaUse("sqsMessagesInFlight", load.open_batches, quotas.messages_in_flight)


def _busy_batches(load: RunLoad) -> int:
    """Return how many batches use a function at the same time; by the clock, most wait and a few start each second."""
    if load.is_at_once:
        return load.open_batches
    steps_per_second = (load.batches + load.waves) / load.busy_seconds
    return min(load.open_batches, ceil(max(steps_per_second, 1 / MIN_GAP.total_seconds()) * BATCH_SECONDS))


def _transitions_per_second(load: RunLoad) -> float:
    each = BATCH_TRANSITIONS + START_TRANSITIONS
    if load.is_at_once:
        return load.open_batches * each / BATCH_SECONDS
    mean = (load.batches * each + load.waves * WAVE_TRANSITIONS) / load.busy_seconds
    return max(mean, min(load.batches, each / MIN_GAP.total_seconds()))
