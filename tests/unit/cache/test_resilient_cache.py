"""The rule for a cache that is absent or does not answer."""

import pytest
import redis
from recorders import LogLines

from simcrm.cache.resilient_cache import (
    LOCAL_LIMITS,
    PAUSE_SECONDS,
    UNLOGGED,
    CacheUnavailableError,
    CacheWithFallback,
    OutagePolicy,
    RedisClient,
)


class FailingCommand:
    """A command that fails until it is mended."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_mended = False

    def __call__(self, _client: RedisClient) -> str:
        self.calls += 1
        if not self.is_mended:
            raise redis.TimeoutError
        return "cache"


@pytest.fixture
def command() -> FailingCommand:
    return FailingCommand()


@pytest.fixture
def client(absent_redis_url: str) -> RedisClient:
    return redis.Redis.from_url(absent_redis_url)


def test_a_failure_pauses_the_cache_for_all_who_share_it(client: RedisClient, command: FailingCommand) -> None:
    now = [100.0]
    cache = CacheWithFallback(client, LOCAL_LIMITS, clock=lambda: now[0])
    results = [cache.call(command, lambda: "fallback")]
    command.is_mended = True

    now[0] += PAUSE_SECONDS - 0.1
    results.append(cache.call(command, lambda: "fallback"))
    now[0] += 0.1
    results.append(cache.call(command, lambda: "fallback"))

    assert results == ["fallback", "fallback", "cache"]
    assert command.calls == 2


def test_without_a_pause_the_next_call_tries_again(client: RedisClient, command: FailingCommand) -> None:
    cache = CacheWithFallback(client, UNLOGGED)
    cache.call(command, lambda: "fallback")
    command.is_mended = True

    assert cache.call(command, lambda: "fallback") == "cache"


def test_a_caller_without_a_fallback_gets_an_error_with_the_reason(
    client: RedisClient, command: FailingCommand
) -> None:
    with pytest.raises(CacheUnavailableError, match=r"^TimeoutError$"):
        CacheWithFallback(client, UNLOGGED).require(command)
    with pytest.raises(CacheUnavailableError, match=r"^NoCache$"):
        CacheWithFallback(None, UNLOGGED).require(command)


def test_failures_are_logged_as_the_policy_says_and_an_absent_cache_is_none(
    client: RedisClient, command: FailingCommand, log_lines: LogLines
) -> None:
    policy = OutagePolicy("nothing is counted")
    for found in (client, None):
        CacheWithFallback(found, policy, simulation_id="sim-test").call(command, lambda: "fallback")
        CacheWithFallback(found, UNLOGGED).call(command, lambda: "fallback")

    (line,) = log_lines.with_event_id("CACHE_UNAVAILABLE")
    assert (line["message"], line["reason"], line["simulationId"]) == ("nothing is counted", "TimeoutError", "sim-test")


def test_an_error_that_is_not_the_caches_passes_through(client: RedisClient) -> None:
    def divide(_client: RedisClient) -> float:
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        CacheWithFallback(client, UNLOGGED).call(divide, lambda: 0.0)
