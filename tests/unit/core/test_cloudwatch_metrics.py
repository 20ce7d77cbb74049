"""Outcomes of simulations and of the portal are measured once, where they happen."""

import pytest
import redis
from builders import SIMULATION, START
from measured import flush_values
from portal_in_process import LocalPortal

from simcrm.cache.run_counters import RunCounters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import DIMENSIONS, DISTRIBUTIONS, HUBSPOT, UNITS, Metric, MetricBuffer, MetricKey
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.rate_limit.budgets import (
    BREAKER_FAILURES,
    CallOutcome,
    RateLimitBucket,
    RateLimitHeaders,
    RateLimits,
)
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter, Sleeper
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage.simulation_files import SimulationFiles

CONTACTS = ObjectType.CONTACTS


def test_sums_are_added_up_and_distributions_keep_each_value() -> None:
    recorder = MetricBuffer()
    for value in (2, 3):
        recorder.record(Metric.RECORDS_WRITTEN, value, CONTACTS)
        recorder.record(Metric.AI_LATENCY, value)

    assert recorder.flush() == {
        MetricKey(Metric.RECORDS_WRITTEN, CONTACTS): [5],
        MetricKey(Metric.AI_LATENCY): [2, 3],
    }
    assert recorder.flush() == {}


def test_what_did_not_happen_makes_no_metric() -> None:
    recorder = MetricBuffer()
    recorder.record(Metric.BREAKER_OPENED, False, HUBSPOT)  # noqa: FBT003 - a truth counts as 0 or 1

    assert recorder.flush() == {}


def test_only_known_measures_have_units_and_dimensions() -> None:
    assert {*UNITS, *DIMENSIONS, *DISTRIBUTIONS} <= set(Metric)


def test_a_plan_starts_a_simulation_and_plans_its_batches(client: HubSpotClient, files: SimulationFiles) -> None:
    plan_simulation(PlanRequest(SIMULATION, START, {"totalRecords": 120, "timeScale": 0}), client, files)

    counted = flush_values()
    assert (counted[Metric.SIMULATIONS_STARTED], counted[Metric.BATCHES_PLANNED]) == (1, 2)
    assert counted[Metric.HUBSPOT_CALLS] > 0


@pytest.mark.parametrize(
    ("failure", "measure"),
    [(None, Metric.SIMULATIONS_SUCCEEDED), ({"Error": "Boom"}, Metric.SIMULATIONS_FAILED)],
)
def test_an_end_is_a_success_or_a_failure(
    failure: dict[str, str] | None, measure: Metric, files: SimulationFiles, metrics: RunCounters
) -> None:
    finish_simulation(files, metrics, START, START, failure)

    assert flush_values() == {measure: 1}


def rate_limited_client(portal: LocalPortal, cache: redis.Redis | None) -> HubSpotClient:
    return HubSpotClient(
        portal.http(), ApiPaths("2026-09"), limiter=HubSpotRateLimiter(cache, RateLimits(standard=1_000))
    )


def test_a_throttled_call_counts_and_begins_a_cooldown(portal: LocalPortal, cache: redis.Redis) -> None:
    portal.fault(kind="status", status=429, retry_after=0)
    cloudwatch_metrics.flush()  # making the portal ready took calls of its own

    rate_limited_client(portal, cache).get("/account-info/v3/details")

    counted = flush_values()
    assert (counted[Metric.HUBSPOT_CALLS], counted[Metric.HUBSPOT_THROTTLED]) == (2, 1)
    assert counted[(Metric.COOLDOWNS, HUBSPOT)] == 1


@pytest.mark.parametrize("with_cache", [True, False])
def test_the_breaker_of_the_portal_counts_when_it_opens(cache: redis.Redis, with_cache: bool) -> None:  # noqa: FBT001
    limiter = HubSpotRateLimiter(cache if with_cache else None, RateLimits(standard=1_000))
    for _ in range(BREAKER_FAILURES + 1):
        limiter.release(limiter.acquire(RateLimitBucket.STANDARD), CallOutcome.FAILED, RateLimitHeaders(), None)

    assert flush_values() == {(Metric.BREAKER_OPENED, HUBSPOT): 1}


def test_waiting_for_the_portals_limit_is_measured(cache: redis.Redis) -> None:
    def forget(_seconds: float) -> None:
        cache.flushall()

    limiter = HubSpotRateLimiter(cache, RateLimits(standard=1), Sleeper(sleep=forget))
    for _ in range(2):
        limiter.acquire(RateLimitBucket.STANDARD)

    (waited,) = flush_values().values()
    assert 9_000 < waited <= 10_400
