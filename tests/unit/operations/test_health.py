from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.connection import Connection, UnixDomainSocketConnection

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.core.config import LlmConfig
from simcrm.hubspot.rate_limit.budgets import CallOutcome, RateLimitBucket, RateLimitHeaders, RateLimits
from simcrm.hubspot.rate_limit.limiter import HubSpotRateLimiter
from simcrm.hubspot.rate_limit.redis_limiter import calls_key
from simcrm.llm.health import LlmHealth, LlmHealthStatus
from simcrm.operations.health import CachedStatus, health_document, read_cached_status

BUDGETS = RateLimits(standard=100, daily=1_000)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often something has been sent to a cache."""
    times = 0
    send: Any = Connection.send_packed_command

    def counted(self: Connection, *arguments: Any, **options: Any) -> Any:
        nonlocal times
        times += 1
        return send(self, *arguments, **options)

    for kind in (Connection, UnixDomainSocketConnection):
        monkeypatch.setattr(kind, "send_packed_command", counted)
    return lambda: times


@pytest.mark.parametrize("configured", [True, False])
def test_the_model_and_whether_its_key_is_there(*, configured: bool) -> None:
    document = health_document(LlmConfig.load({}), api_key_configured=configured, rate_limit=None)

    assert document["ai"] == {
        "enabled": True,
        "provider": "anthropic",
        "model": "claude-haiku-4-5-20251001",
        "apiKeyConfigured": configured,
        "lastSuccess": None,
        "consecutiveFailures": 0,
    }


def test_a_missing_cache_is_said_and_is_no_failure() -> None:
    document = health_document(LlmConfig.load({}), api_key_configured=True, rate_limit=None)

    assert document["cache"] == "unavailable"
    assert document["rate"] == {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}}


def test_cooldown_breaker_and_buckets_are_those_of_the_writers(cache: redis.Redis) -> None:
    limiter = HubSpotRateLimiter(cache, BUDGETS)
    limiter.release(limiter.acquire(RateLimitBucket.STANDARD), CallOutcome.THROTTLED, RateLimitHeaders(), 60)
    for _ in range(9):
        limiter.release(limiter.acquire(RateLimitBucket.ASSOCIATIONS), CallOutcome.FAILED, RateLimitHeaders(), None)

    rate = read_cached_status(cache, BUDGETS).rate_limit or {}

    assert (rate["hubspotCooldownActive"], rate["hubspotCircuitTripped"]) == (True, True)
    assert rate["buckets"]["associations"] == {"limit": 100, "used": 9, "intervalMs": 10_000}
    assert rate["buckets"]["search"] == {"limit": 5, "used": 0, "intervalMs": 1_000}
    assert rate["buckets"]["daily"] == {"limit": 1_000, "remaining": 990}


def test_calls_of_an_interval_that_is_over_are_used_no_more(cache: redis.Redis) -> None:
    HubSpotRateLimiter(cache, BUDGETS).acquire(RateLimitBucket.STANDARD)
    seconds, _ = cache.time()
    cache.zadd(calls_key(RateLimitBucket.STANDARD), {"long ago": (seconds - 11) * 1000, "lately": (seconds - 9) * 1000})

    rate = read_cached_status(cache, BUDGETS).rate_limit or {}

    assert rate["buckets"]["standard"]["used"] == 2


def test_the_model_is_as_its_callers_have_noted(cache: redis.Redis) -> None:
    board = LlmHealth(CacheWithFallback(cache))
    board.record_success(1_767_225_600_000)
    board.record_failure()

    assert read_cached_status(cache, BUDGETS).llm == LlmHealthStatus(1_767_225_600_000, 1)


def test_an_empty_cache_knows_of_no_call(cache: redis.Redis) -> None:
    rate, model = read_cached_status(cache, BUDGETS)

    assert rate is not None
    assert (rate["hubspotCooldownActive"], rate["buckets"]["daily"]["remaining"]) == (False, 1_000)
    assert model == LlmHealthStatus(None, 0)


def test_all_that_is_noted_is_asked_for_in_one_round_trip(cache: redis.Redis, sent: Callable[[], int]) -> None:
    cache.ping()
    before = sent()

    read_cached_status(cache, BUDGETS)

    assert sent() - before == 1


def test_without_a_cache_nothing_is_noted(tmp_path: Path) -> None:
    absent = redis.Redis(unix_socket_path=str(tmp_path / "nothing.sock"))

    assert (
        read_cached_status(absent, BUDGETS)
        == read_cached_status(None, BUDGETS)
        == CachedStatus(None, LlmHealthStatus())
    )
