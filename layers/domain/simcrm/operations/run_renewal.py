"""What the cache knows of a run is kept for as long as the run lives, however long it is silent."""

import logging

import redis

from simcrm.cache import name_claims
from simcrm.cache.run_counters import RunCounters
from simcrm.core.log import log_event
from simcrm.llm.rate_limit import cost_budget


def renew_run(cache: redis.Redis | None, simulation_id: str) -> None:
    """Keep counters, money spent and claimed names of a run that lives; while the cache is away nothing happens."""
    if cache is None:
        return
    RunCounters(cache, simulation_id).renew()
    try:
        cache.expire(cost_budget.budget_key(simulation_id), cost_budget.TTL_SECONDS)
        name_claims.renew(cache, simulation_id)
    except redis.RedisError as error:
        reason = type(error).__name__
        log_event("CACHE_UNAVAILABLE", "names and money expire sooner", level=logging.WARNING, reason=reason)
