"""A command whose answer is lost is sent again: what it counts is counted once."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from recorders import LogLines
from redis.connection import UnixDomainSocketConnection

from simcrm.cache.redis_client import redis_client
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core.config import CacheConfig
from simcrm.hubspot.rate_limit.budgets import RateLimitBucket, RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm.hubspot.rate_limit.redis_limiter import STATE, calls_key
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.models.throughput_series import ThroughputBucket

Lose = Callable[[], None]


@pytest.fixture
def own(redis_url: str) -> redis.Redis:
    """The client as a function has it, connected, with its scripts known to the server."""
    found = redis_client(CacheConfig.load({"REDIS_URL": redis_url}))
    assert found is not None
    RunCounters(found, "sim-other").add({"contacts_created": 1})
    budget = CostBudget(CacheWithFallback(found), "sim-other", 100)
    budget.reserve(1)
    budget.settle(1, 1)
    HubSpotRateLimiter(found, RateLimits()).acquire(RateLimitBucket.SEARCH)
    return found


@pytest.fixture
def lose_an_answer(monkeypatch: pytest.MonkeyPatch) -> Lose:
    """Let the server carry out the next command, and its answer never arrive."""
    read: Any = UnixDomainSocketConnection.read_response
    left = [0]

    def lossy(connection: UnixDomainSocketConnection, *arguments: Any, **options: Any) -> Any:
        answer = read(connection, *arguments, **options)
        if left[0]:
            left[0] -= 1
            raise redis.ConnectionError("Connection closed by server.")
        return answer

    monkeypatch.setattr(UnixDomainSocketConnection, "read_response", lossy)
    return lambda: left.__setitem__(0, 1)


def test_counters_are_raised_once(own: redis.Redis, lose_an_answer: Lose, log_lines: LogLines) -> None:
    counters = RunCounters(own, "sim-test")

    lose_an_answer()
    counters.add_with_throughput({"contacts_created": 3, "hubspot_calls": 1}, ThroughputBucket(40, 3))

    assert counters.read() == {"contacts_created": "3", "hubspot_calls": "1"}
    assert counters.read_throughput() == {40: 3}
    assert log_lines.with_event_id("CACHE_UNAVAILABLE") == []


def test_money_is_reserved_and_booked_once(own: redis.Redis, lose_an_answer: Lose) -> None:
    budget = CostBudget(CacheWithFallback(own), "sim-test", 100)

    lose_an_answer()
    assert budget.reserve(60)
    assert own.hget(budget.key, "reserved") == "60"

    lose_an_answer()
    budget.settle(60, 40)
    assert own.hgetall(budget.key) == {"reserved": "0", "spent": "40"}


def test_a_call_is_granted_once(own: redis.Redis, lose_an_answer: Lose, log_lines: LogLines) -> None:
    limiter = HubSpotRateLimiter(own, RateLimits(standard=1, daily=1_000))
    own.delete(STATE)

    lose_an_answer()
    limiter.acquire(RateLimitBucket.STANDARD)

    assert own.zcard(calls_key(RateLimitBucket.STANDARD)) == 1
    assert own.hget(STATE, "daily_left") == "999"
    assert log_lines.with_event_id("LIMITS_LOCAL") == []
