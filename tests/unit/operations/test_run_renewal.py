"""A run that is silent for months keeps what the cache knows of it."""

import redis
from recorders import LogLines

from simcrm.cache import name_claims
from simcrm.cache.name_claims import DOMAIN_PREFIX
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.models.throughput_series import ThroughputBucket
from simcrm.operations.run_renewal import renew_run

RUN, OTHER = "sim-long", "sim-other"
HOUR, MONTH = 3_600, 30 * 86_400


def begin(cache: redis.Redis, simulation: str) -> None:
    """Count, spend and claim something, none of which has long to live."""
    metrics = RunCounters(cache, simulation)
    metrics.mark_started()
    metrics.add_with_throughput({"contacts_created": 1}, ThroughputBucket(40, 1))
    CostBudget(CacheWithFallback(cache), simulation, 1_000).reserve(10)
    name_claims.claim(cache, {f"{DOMAIN_PREFIX}{simulation}.test": simulation})
    for key in cache.scan_iter(f"*{simulation}*"):
        cache.expire(key, HOUR)


def test_all_that_is_known_of_a_run_that_lives_is_kept(cache: redis.Redis) -> None:
    begin(cache, RUN)
    begin(cache, OTHER)

    renew_run(cache, RUN)

    lives = {key: cache.ttl(key) for key in cache.scan_iter("*") if ":once:" not in key}
    assert {key for key, seconds in lives.items() if RUN in key and seconds <= HOUR} == set()
    assert {key for key, seconds in lives.items() if OTHER in key and seconds > HOUR} == set()
    assert len([key for key, seconds in lives.items() if seconds >= MONTH - HOUR]) == 7


def test_without_a_cache_or_while_it_is_away_nothing_stops(absent_redis_url: str, log_lines: LogLines) -> None:
    renew_run(None, RUN)
    with redis.Redis.from_url(absent_redis_url) as absent:
        renew_run(absent, RUN)

    assert [line["reason"] for line in log_lines.with_event_id("CACHE_UNAVAILABLE")] == ["ConnectionError"] * 2
