"""The limiter in Redis and the one of a single process obey the same rules."""

from collections.abc import Callable

import pytest
import redis

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import RateLimitWindow, RateLimitWindows, Usage
from simcrm.llm.rate_limit.local_limiter import LOCAL_SHARE, LocalRateLimiter
from simcrm.llm.rate_limit.policy import BREAKER_FAILURES, LlmCallOutcome, LlmDenyReason, LlmRateLimiter
from simcrm.llm.rate_limit.redis_limiter import RedisRateLimiter

ONE = Usage(100, 100)
SICK = LlmCallError(FailureCategory.NETWORK, counts_for_breaker=True)
Make = Callable[[tuple[int, int, int]], LlmRateLimiter]


@pytest.fixture(params=["in Redis", "of a process"])
def make(request: pytest.FixtureRequest, cache: redis.Redis) -> Make:
    def build(limits: tuple[int, int, int]) -> LlmRateLimiter:
        local = LocalRateLimiter(limits, share=1.0)
        return (
            RedisRateLimiter(CacheWithFallback(cache), "test", limits, local) if request.param == "in Redis" else local
        )

    return build


@pytest.mark.parametrize("limits", [(2, 0, 0), (0, 200, 0), (0, 0, 200)])
def test_each_limit_holds(make: Make, limits: tuple[int, int, int]) -> None:
    gate = make(limits)

    admissions = [gate.acquire(ONE) for _ in range(3)]

    assert [admission.deny_reason for admission in admissions] == ["none", "none", "limit"]
    assert 25_000 < admissions[2].wait_ms <= 30_000


def test_no_limit_admits_everything(make: Make) -> None:
    gate = make((0, 0, 0))

    assert all(gate.acquire(Usage(10**9, 10**9)).is_granted for _ in range(50))


def test_what_was_reserved_and_not_used_comes_back(make: Make) -> None:
    gate = make((0, 0, 200))
    gate.acquire(Usage(0, 200))

    gate.release(LlmCallOutcome(Usage(0, 200), Usage(0, 50)))

    assert gate.acquire(Usage(0, 150)).is_granted
    assert not gate.acquire(Usage(0, 50)).is_granted


def test_headers_correct_the_limit_and_what_is_left(make: Make) -> None:
    gate = make((0, 0, 200))
    gate.acquire(ONE)

    gate.release(LlmCallOutcome(ONE, ONE, RateLimitWindows(output_tokens=RateLimitWindow(10_000, 900))))

    assert gate.acquire(Usage(0, 890)).is_granted
    assert gate.acquire(Usage(0, 890)).deny_reason is LlmDenyReason.LIMIT


def test_a_call_larger_than_the_limit_waits_for_a_full_bucket(make: Make) -> None:
    gate = make((0, 0, 200))

    assert gate.acquire(Usage(0, 5_000)).is_granted
    assert gate.acquire(Usage(0, 5_000)).deny_reason is LlmDenyReason.LIMIT


def test_retry_after_quiets_everybody(make: Make) -> None:
    gate = make((0, 0, 0))
    gate.acquire(ONE)

    gate.release(LlmCallOutcome(ONE, Usage(), failure=error_from_status(429, 12.0)))

    admission = gate.acquire(ONE)
    assert admission.deny_reason is LlmDenyReason.COOLDOWN
    assert 11_000 < admission.wait_ms <= 12_001


def test_the_breaker_opens_after_failures_in_a_row_only(make: Make) -> None:
    gate = make((0, 0, 0))
    for failure in [SICK] * (BREAKER_FAILURES - 1) + [None] + [SICK] * (BREAKER_FAILURES - 1):
        gate.release(LlmCallOutcome(ONE, Usage(), failure=failure))
    still_closed = gate.acquire(ONE).is_granted

    gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK))

    assert still_closed
    assert gate.acquire(ONE).deny_reason is LlmDenyReason.OPEN


def test_a_half_open_breaker_lets_one_probe_through() -> None:
    now = [0.0]
    gate = LocalRateLimiter((0, 0, 0), clock=lambda: now[0])
    for _ in range(BREAKER_FAILURES):
        gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK))
    now[0] = 31_000

    probe, other = gate.acquire(ONE), gate.acquire(ONE)
    gate.release(LlmCallOutcome(ONE, ONE))

    assert (probe.deny_reason, other.deny_reason) == ("none", "open")
    assert gate.acquire(ONE).is_granted


def test_a_half_open_breaker_in_redis_lets_one_probe_through(cache: redis.Redis) -> None:
    gate = RedisRateLimiter(CacheWithFallback(cache), "test", (0, 0, 0), LocalRateLimiter((0, 0, 0)))
    for _ in range(BREAKER_FAILURES):
        gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK))
    cache.hset(gate.key, "open", 1)

    probe, other = gate.acquire(ONE), gate.acquire(ONE)
    gate.release(LlmCallOutcome(ONE, ONE))

    assert (probe.deny_reason, other.deny_reason) == ("none", "open")
    assert gate.acquire(ONE).is_granted


def test_a_failed_probe_opens_the_breaker_again(cache: redis.Redis) -> None:
    gate = RedisRateLimiter(CacheWithFallback(cache), "test", (0, 0, 0), LocalRateLimiter((0, 0, 0)))
    for _ in range(BREAKER_FAILURES):
        gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK))
    cache.hset(gate.key, "open", 1)
    gate.acquire(ONE)

    gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK))

    assert gate.acquire(ONE).deny_reason is LlmDenyReason.OPEN


def test_without_redis_a_function_takes_a_share_of_each_limit(absent_redis_url: str) -> None:
    away = redis.Redis.from_url(absent_redis_url, decode_responses=True)
    limits = (100, 0, 0)
    gate = RedisRateLimiter(CacheWithFallback(away), "test", limits, LocalRateLimiter(limits))

    granted = sum(gate.acquire(ONE).is_granted for _ in range(100))

    assert granted == round(100 * LOCAL_SHARE)


def test_all_keys_of_the_script_are_in_one_slot(cache: redis.Redis) -> None:
    gate = RedisRateLimiter(CacheWithFallback(cache), "anthropic:some-model", (1, 1, 1), LocalRateLimiter((1, 1, 1)))
    gate.acquire(ONE)

    assert cache.keys("*") == ["{ai:anthropic:some-model}:limits"]


def test_a_new_limit_leaves_room_for_the_calls_under_way(make: Make) -> None:
    gate = make((0, 0, 1_000))
    for _ in range(5):
        gate.acquire(Usage(0, 200))

    gate.release(
        LlmCallOutcome(Usage(0, 200), Usage(0, 200), RateLimitWindows(output_tokens=RateLimitWindow(60_000, 1_000)))
    )

    assert gate.acquire(Usage(0, 190)).is_granted
    assert gate.acquire(Usage(0, 190)).deny_reason is LlmDenyReason.LIMIT
