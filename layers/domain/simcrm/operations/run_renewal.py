"""Renew a run's cached data for as long as the run is active, however long it is idle."""

import logging

import redis

from simcrm.cache import name_claims
from simcrm.cache.run_counters import RunCounters
from simcrm.core.log import log_event
from simcrm.llm.rate_limit import cost_budget


def renew_run(cache: redis.Redis | None, simulation_id: str) -> None:
    """Renew the counters, spending and claimed names of an active run; do nothing if the cache is unavailable."""
    if cache is None:
        return
    RunCounters(cache, simulation_id).renew()
    try:
        cache.expire(cost_budget.budget_key(simulation_id), cost_budget.TTL_SECONDS)
        name_claims.renew(cache, simulation_id)
    except redis.RedisError as error:
        reason = type(error).__name__
        log_event("CACHE_UNAVAILABLE", "names and spent amounts may expire early", level=logging.WARNING, reason=reason)
