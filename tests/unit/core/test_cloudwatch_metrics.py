"""Outcomes of simulations and of the portal are measured once, where they happen."""

import pytest
import redis
from builders import SIMULATION, START
from measured import taken
from portal_in_process import LocalPortal

from simcrm.cache.run_counters import Metrics
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import DIMENSIONS, DISTRIBUTIONS, HUBSPOT, UNITS, Measure, Recorder, Series
from simcrm.hubspot.api_paths import Paths
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.rate_limit.limiter import Limiter, Timing
from simcrm.hubspot.rate_limit.policy import BREAKER_FAILURES, Budgets, Family, Headers, Outcome
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage.simulation_files import Artifacts

CONTACTS = ObjectType.CONTACTS


def test_sums_are_added_up_and_distributions_keep_each_value() -> None:
    recorder = Recorder()
    for value in (2, 3):
        recorder.add(Measure.RECORDS_WRITTEN, value, CONTACTS)
        recorder.add(Measure.AI_LATENCY, value)

    assert recorder.take() == {
        Series(Measure.RECORDS_WRITTEN, CONTACTS): [5],
        Series(Measure.AI_LATENCY): [2, 3],
    }
    assert recorder.take() == {}


def test_what_did_not_happen_makes_no_metric() -> None:
    recorder = Recorder()
    recorder.add(Measure.BREAKER_OPENED, False, HUBSPOT)  # noqa: FBT003 - a truth counts as 0 or 1

    assert recorder.take() == {}


def test_only_known_measures_have_units_and_dimensions() -> None:
    assert {*UNITS, *DIMENSIONS, *DISTRIBUTIONS} <= set(Measure)


def test_a_plan_starts_a_simulation_and_plans_its_batches(client: HubSpotClient, artifacts: Artifacts) -> None:
    plan_simulation(PlanRequest(SIMULATION, START, {"totalRecords": 120, "timeScale": 0}), client, artifacts)

    counted = taken()
    assert (counted[Measure.SIMULATIONS_STARTED], counted[Measure.BATCHES_PLANNED]) == (1, 2)
    assert counted[Measure.HUBSPOT_CALLS] > 0


@pytest.mark.parametrize(
    ("failure", "measure"),
    [(None, Measure.SIMULATIONS_SUCCEEDED), ({"Error": "Boom"}, Measure.SIMULATIONS_FAILED)],
)
def test_an_end_is_a_success_or_a_failure(
    failure: dict[str, str] | None, measure: Measure, artifacts: Artifacts, metrics: Metrics
) -> None:
    finish_simulation(artifacts, metrics, START, START, failure)

    assert taken() == {measure: 1}


def limited(portal: LocalPortal, cache: redis.Redis | None) -> HubSpotClient:
    return HubSpotClient(portal.http(), Paths("2026-09"), limiter=Limiter(cache, Budgets(standard=1_000)))


def test_a_throttled_call_counts_and_begins_a_cooldown(portal: LocalPortal, cache: redis.Redis) -> None:
    portal.fault(kind="status", status=429, retry_after=0)
    cloudwatch_metrics.take()  # making the portal ready took calls of its own

    limited(portal, cache).get("/account-info/v3/details")

    counted = taken()
    assert (counted[Measure.HUBSPOT_CALLS], counted[Measure.HUBSPOT_THROTTLED]) == (2, 1)
    assert counted[(Measure.COOLDOWNS, HUBSPOT)] == 1


@pytest.mark.parametrize("with_cache", [True, False])
def test_the_breaker_of_the_portal_counts_when_it_opens(cache: redis.Redis, with_cache: bool) -> None:  # noqa: FBT001
    limiter = Limiter(cache if with_cache else None, Budgets(standard=1_000))
    for _ in range(BREAKER_FAILURES + 1):
        limiter.settle(limiter.acquire(Family.STANDARD), Outcome.FAILED, Headers(), None)

    assert taken() == {(Measure.BREAKER_OPENED, HUBSPOT): 1}


def test_waiting_for_the_portals_limit_is_measured(cache: redis.Redis) -> None:
    def forget(_seconds: float) -> None:
        cache.flushall()

    limiter = Limiter(cache, Budgets(standard=1), Timing(sleep=forget))
    for _ in range(2):
        limiter.acquire(Family.STANDARD)

    (waited,) = taken().values()
    assert 9_000 < waited <= 10_400
