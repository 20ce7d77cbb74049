"""Renew a run's cached data for as long as the run is active, however long it is idle."""

from simcrm.cache import name_claims
from simcrm.cache.resilient_cache import CacheWithFallback, OutagePolicy, RedisClient
from simcrm.cache.run_counters import RunCounters
from simcrm.llm.rate_limit import cost_budget

OUTAGE = OutagePolicy("names and spent amounts may expire early")


def renew_run(cache: RedisClient | None, simulation_id: str) -> None:
    """Renew the counters, spending and claimed names of an active run; do nothing if the cache is unavailable."""
    RunCounters(cache, simulation_id).renew()
    CacheWithFallback(cache, OUTAGE).call(lambda client: _renew_spending_and_names(client, simulation_id), lambda: None)


def _renew_spending_and_names(client: RedisClient, simulation_id: str) -> None:
    client.expire(cost_budget.budget_key(simulation_id), cost_budget.TTL_SECONDS)
    name_claims.renew(client, simulation_id)
