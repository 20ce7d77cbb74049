"""The limiter in Redis and the one of a single process obey the same rules."""

from collections.abc import Callable

import pytest
import redis

from simcrm.cache.resilient_cache import SharedState
from simcrm.llm.errors import CallFailedError, Category, of_status
from simcrm.llm.providers.base import Usage, Window, Windows
from simcrm.llm.rate_limit.local_limiter import SHARE, LocalGate
from simcrm.llm.rate_limit.policy import BREAKER_FAILURES, Gate, Hindrance, Settlement
from simcrm.llm.rate_limit.redis_limiter import SharedGate

ONE = Usage(100, 100)
SICK = CallFailedError(Category.NETWORK, is_sick=True)
Make = Callable[[tuple[int, int, int]], Gate]


@pytest.fixture(params=["in Redis", "of a process"])
def make(request: pytest.FixtureRequest, cache: redis.Redis) -> Make:
    def build(limits: tuple[int, int, int]) -> Gate:
        local = LocalGate(limits, share=1.0)
        return SharedGate(SharedState(cache), "test", limits, local) if request.param == "in Redis" else local

    return build


@pytest.mark.parametrize("limits", [(2, 0, 0), (0, 200, 0), (0, 0, 200)])
def test_each_limit_holds(make: Make, limits: tuple[int, int, int]) -> None:
    gate = make(limits)

    admissions = [gate.admit(ONE) for _ in range(3)]

    assert [admission.hindrance for admission in admissions] == ["none", "none", "limit"]
    assert 25_000 < admissions[2].wait_ms <= 30_000


def test_no_limit_admits_everything(make: Make) -> None:
    gate = make((0, 0, 0))

    assert all(gate.admit(Usage(10**9, 10**9)).is_granted for _ in range(50))


def test_what_was_reserved_and_not_used_comes_back(make: Make) -> None:
    gate = make((0, 0, 200))
    gate.admit(Usage(0, 200))

    gate.settle(Settlement(Usage(0, 200), Usage(0, 50)))

    assert gate.admit(Usage(0, 150)).is_granted
    assert not gate.admit(Usage(0, 50)).is_granted


def test_headers_correct_the_limit_and_what_is_left(make: Make) -> None:
    gate = make((0, 0, 200))
    gate.admit(ONE)

    gate.settle(Settlement(ONE, ONE, Windows(output_tokens=Window(10_000, 900))))

    assert gate.admit(Usage(0, 890)).is_granted
    assert gate.admit(Usage(0, 890)).hindrance is Hindrance.LIMIT


def test_a_call_larger_than_the_limit_waits_for_a_full_bucket(make: Make) -> None:
    gate = make((0, 0, 200))

    assert gate.admit(Usage(0, 5_000)).is_granted
    assert gate.admit(Usage(0, 5_000)).hindrance is Hindrance.LIMIT


def test_retry_after_quiets_everybody(make: Make) -> None:
    gate = make((0, 0, 0))
    gate.admit(ONE)

    gate.settle(Settlement(ONE, Usage(), failure=of_status(429, 12.0)))

    admission = gate.admit(ONE)
    assert admission.hindrance is Hindrance.COOLDOWN
    assert 11_000 < admission.wait_ms <= 12_001


def test_the_breaker_opens_after_failures_in_a_row_only(make: Make) -> None:
    gate = make((0, 0, 0))
    for failure in [SICK] * (BREAKER_FAILURES - 1) + [None] + [SICK] * (BREAKER_FAILURES - 1):
        gate.settle(Settlement(ONE, Usage(), failure=failure))
    still_closed = gate.admit(ONE).is_granted

    gate.settle(Settlement(ONE, Usage(), failure=SICK))

    assert still_closed
    assert gate.admit(ONE).hindrance is Hindrance.OPEN


def test_a_half_open_breaker_lets_one_probe_through() -> None:
    now = [0.0]
    gate = LocalGate((0, 0, 0), clock=lambda: now[0])
    for _ in range(BREAKER_FAILURES):
        gate.settle(Settlement(ONE, Usage(), failure=SICK))
    now[0] = 31_000

    probe, other = gate.admit(ONE), gate.admit(ONE)
    gate.settle(Settlement(ONE, ONE))

    assert (probe.hindrance, other.hindrance) == ("none", "open")
    assert gate.admit(ONE).is_granted


def test_a_half_open_breaker_in_redis_lets_one_probe_through(cache: redis.Redis) -> None:
    gate = SharedGate(SharedState(cache), "test", (0, 0, 0), LocalGate((0, 0, 0)))
    for _ in range(BREAKER_FAILURES):
        gate.settle(Settlement(ONE, Usage(), failure=SICK))
    cache.hset(gate.key, "open", 1)

    probe, other = gate.admit(ONE), gate.admit(ONE)
    gate.settle(Settlement(ONE, ONE))

    assert (probe.hindrance, other.hindrance) == ("none", "open")
    assert gate.admit(ONE).is_granted


def test_a_failed_probe_opens_the_breaker_again(cache: redis.Redis) -> None:
    gate = SharedGate(SharedState(cache), "test", (0, 0, 0), LocalGate((0, 0, 0)))
    for _ in range(BREAKER_FAILURES):
        gate.settle(Settlement(ONE, Usage(), failure=SICK))
    cache.hset(gate.key, "open", 1)
    gate.admit(ONE)

    gate.settle(Settlement(ONE, Usage(), failure=SICK))

    assert gate.admit(ONE).hindrance is Hindrance.OPEN


def test_without_redis_a_function_takes_a_share_of_each_limit(absent_redis_url: str) -> None:
    away = redis.Redis.from_url(absent_redis_url, decode_responses=True)
    limits = (100, 0, 0)
    gate = SharedGate(SharedState(away), "test", limits, LocalGate(limits))

    granted = sum(gate.admit(ONE).is_granted for _ in range(100))

    assert granted == round(100 * SHARE)


def test_all_keys_of_the_script_are_in_one_slot(cache: redis.Redis) -> None:
    gate = SharedGate(SharedState(cache), "anthropic:some-model", (1, 1, 1), LocalGate((1, 1, 1)))
    gate.admit(ONE)

    assert cache.keys("*") == ["{ai:anthropic:some-model}:limits"]
