"""How long a limiter lets callers wait, how its breaker closes, and what a run may spend."""

import pytest
import redis

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.llm.errors import FailureCategory, LlmCallError, error_from_status
from simcrm.llm.providers.base import RateLimitWindow, RateLimitWindows, Usage
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.llm.rate_limit.local_limiter import LocalRateLimiter
from simcrm.llm.rate_limit.policy import BREAKER_FAILURES, LlmCallOutcome
from simcrm.llm.rate_limit.redis_limiter import RedisRateLimiter

ONE = Usage(100, 100)
SICK = LlmCallError(FailureCategory.NETWORK, counts_for_breaker=True)
NOT_SICK = error_from_status(400, None)


class Clock:
    """Milliseconds that move when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter(clock: Clock, limits: tuple[int, int, int] = (0, 0, 0), share: float = 1.0) -> LocalRateLimiter:
    return LocalRateLimiter(limits, clock, share)


def fail(gate: LocalRateLimiter, failure: LlmCallError | None = SICK) -> bool:
    return gate.release(LlmCallOutcome(ONE, ONE, failure=failure))


def waits(gate: LocalRateLimiter, expected: Usage = ONE) -> tuple[str, int]:
    permit = gate.acquire(expected)
    return permit.deny_reason.value, permit.wait_ms


def test_an_empty_bucket_is_full_again_after_a_minute(clock: Clock) -> None:
    gate, need = limiter(clock, (0, 200, 0)), Usage(200, 0)
    assert waits(gate, need) == ("none", 0)

    assert waits(gate, need) == ("limit", 60_001)
    clock.now += 30_000
    assert waits(gate, need) == ("limit", 30_001)
    clock.now += 30_000
    assert waits(gate, need) == ("none", 0)


def test_time_before_the_first_call_fills_no_bucket_beyond_its_limit(clock: Clock) -> None:
    gate = limiter(clock, (2, 0, 0))
    clock.now += 10**9

    assert [waits(gate)[0] for _ in range(3)] == ["none", "none", "limit"]


def test_a_clock_that_goes_back_takes_nothing_away(clock: Clock) -> None:
    gate = limiter(clock, (2, 0, 0))
    gate.acquire(ONE)
    clock.now -= 30_000

    assert waits(gate) == ("none", 0)


def test_the_fullest_need_decides_how_long_to_wait(clock: Clock) -> None:
    gate = limiter(clock, (0, 200, 400))
    gate.acquire(Usage(200, 400))

    assert waits(gate, Usage(100, 100)) == ("limit", 30_001)
    assert waits(gate, Usage(50, 300)) == ("limit", 45_001)


def test_a_call_that_has_ended_still_counts_as_a_request(clock: Clock) -> None:
    gate = limiter(clock, (1, 0, 0))
    gate.acquire(ONE)

    gate.release(LlmCallOutcome(ONE, Usage()))

    assert waits(gate) == ("limit", 60_001)


def test_a_known_limit_keeps_what_is_reserved_and_a_new_one_has_what_is_left_beside_it(clock: Clock) -> None:
    gate = limiter(clock, (0, 1_000, 0))
    gate.acquire(Usage(900, 0))
    known = RateLimitWindows(input_tokens=RateLimitWindow(1_000, 500))

    gate.release(LlmCallOutcome(ONE, ONE, known))
    assert waits(gate, Usage(101, 0))[0] == "limit"
    assert waits(gate, Usage(100, 0))[0] == "none"

    # 900 tokens are still under way, which the provider may not have counted.
    gate.release(LlmCallOutcome(ONE, ONE, RateLimitWindows(input_tokens=RateLimitWindow(2_000, 1_600))))
    assert waits(gate, Usage(701, 0))[0] == "limit"
    assert waits(gate, Usage(700, 0))[0] == "none"


def test_headers_without_a_limit_change_nothing(clock: Clock) -> None:
    gate = limiter(clock, (0, 1_000, 0))

    gate.release(LlmCallOutcome(ONE, ONE, RateLimitWindows(input_tokens=RateLimitWindow(0, 0))))

    assert waits(gate, Usage(1_000, 0)) == ("none", 0)
    assert waits(gate, Usage(1_000, 0)) == ("limit", 60_001)


def test_a_process_takes_its_share_of_what_headers_state(clock: Clock) -> None:
    gate = limiter(clock, share=0.1)
    gate.release(LlmCallOutcome(ONE, ONE, RateLimitWindows(input_tokens=RateLimitWindow(1_000, 900))))

    assert waits(gate, Usage(100, 0)) == ("none", 0)
    assert waits(gate, Usage(10, 0)) == ("limit", 6_001)


def test_a_share_that_is_known_keeps_what_is_reserved(clock: Clock) -> None:
    gate = limiter(clock, (0, 1_000, 0), share=0.1)
    gate.acquire(Usage(100, 0))
    gate.release(LlmCallOutcome(ONE, ONE, RateLimitWindows(input_tokens=RateLimitWindow(1_000, 900))))

    assert waits(gate, Usage(10, 0)) == ("limit", 6_001)


def test_a_cooldown_lasts_as_long_as_the_provider_says_and_no_later_one_ends_it(clock: Clock) -> None:
    gate = limiter(clock)
    fail(gate, error_from_status(429, 12.0))
    fail(gate, error_from_status(429, 3.0))

    assert waits(gate) == ("cooldown", 12_001)
    clock.now += 11_999
    assert waits(gate) == ("cooldown", 2)
    clock.now += 1
    assert waits(gate) == ("none", 0)


def test_a_cooldown_of_unknown_length_lasts_five_seconds(clock: Clock) -> None:
    gate = limiter(clock)
    fail(gate, error_from_status(529, None))

    assert waits(gate) == ("cooldown", 5_001)


@pytest.mark.parametrize("failure", [None, SICK])
def test_only_a_provider_that_asks_for_it_is_left_alone(failure: LlmCallError | None) -> None:
    assert LlmCallOutcome(ONE, ONE, failure=failure).cooldown_ms == 0


def test_the_breaker_opens_at_the_fifth_failure_for_half_a_minute(clock: Clock) -> None:
    gate = limiter(clock)

    assert [fail(gate) for _ in range(BREAKER_FAILURES)] == [False, False, False, False, True]
    assert waits(gate) == ("open", 30_001)
    clock.now += 29_999
    assert waits(gate) == ("open", 2)
    clock.now += 1
    assert waits(gate) == ("none", 0)


def test_failures_that_are_not_the_providers_neither_open_nor_close_the_breaker(clock: Clock) -> None:
    gate = limiter(clock)
    ends = [fail(gate, failure) for failure in [SICK] * 4 + [NOT_SICK] * 9 + [SICK]]

    assert ends == [False] * 13 + [True]


def test_one_probe_goes_out_and_is_considered_lost_after_a_quarter_of_a_minute(clock: Clock) -> None:
    gate = limiter(clock)
    for _ in range(BREAKER_FAILURES):
        fail(gate)
    clock.now += 30_000

    assert waits(gate) == ("none", 0)
    assert waits(gate) == ("open", 15_001)
    clock.now += 15_000
    assert waits(gate) == ("none", 0)


def test_a_probe_that_fails_opens_the_breaker_again_and_one_that_succeeds_closes_it(clock: Clock) -> None:
    gate = limiter(clock)
    for _ in range(BREAKER_FAILURES):
        fail(gate)
    clock.now += 30_000
    gate.acquire(ONE)
    assert fail(gate)
    assert waits(gate) == ("open", 30_001)

    clock.now += 30_000
    gate.acquire(ONE)
    assert not fail(gate, None)
    assert [waits(gate), waits(gate)] == [("none", 0), ("none", 0)]
    assert [fail(gate) for _ in range(BREAKER_FAILURES)] == [False, False, False, False, True]


def test_a_closed_breaker_sends_no_probes(clock: Clock) -> None:
    gate = limiter(clock)

    assert [waits(gate), waits(gate)] == [("none", 0), ("none", 0)]


def test_the_cache_holds_limits_that_headers_state_and_forgets_none_that_they_do_not(cache: redis.Redis) -> None:
    gate = RedisRateLimiter(CacheWithFallback(cache), "test", (0, 200, 0), LocalRateLimiter((0, 0, 0)))
    gate.acquire(Usage(150, 0))

    gate.release(LlmCallOutcome(ONE, ONE, RateLimitWindows(requests=RateLimitWindow(3, 3))))

    assert [gate.acquire(Usage(1, 0)).is_granted for _ in range(4)] == [True, True, True, False]
    assert gate.acquire(Usage(100, 0)).deny_reason == "limit"


def test_the_cache_says_that_this_failure_opened_the_breaker(cache: redis.Redis) -> None:
    gate = RedisRateLimiter(CacheWithFallback(cache), "test", (0, 0, 0), LocalRateLimiter((0, 0, 0)))

    ends = [gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK)) for _ in range(BREAKER_FAILURES)]

    assert ends == [False, False, False, False, True]
    assert 29_000 < gate.acquire(ONE).wait_ms <= 30_001


def test_without_a_cache_the_process_says_that_a_failure_opened_the_breaker() -> None:
    gate = RedisRateLimiter(CacheWithFallback(None), "test", (0, 0, 0), LocalRateLimiter((0, 0, 0)))

    ends = [gate.release(LlmCallOutcome(ONE, Usage(), failure=SICK)) for _ in range(BREAKER_FAILURES)]

    assert ends == [False, False, False, False, True]


def test_a_budget_is_spent_to_the_last_millionth_and_no_further(cache: redis.Redis) -> None:
    budget = CostBudget(CacheWithFallback(cache), "sim", 1_000)
    assert budget.reserve(600)

    assert budget.reserve(401) is False
    assert budget.reserve(400) is True
    budget.settle(600, 100)
    assert budget.reserve(501) is False
    assert budget.reserve(500) is True
    assert cache.hgetall(budget.key) == {"reserved": "900", "spent": "100"}


def test_a_budget_is_remembered_for_ninety_days_after_the_last_call(cache: redis.Redis) -> None:
    budget = CostBudget(CacheWithFallback(cache), "sim", 1_000)
    budget.reserve(1)

    assert 90 * 24 * 3600 - 60 < cache.ttl(budget.key) <= 90 * 24 * 3600


def test_a_run_without_a_budget_notes_nothing(cache: redis.Redis) -> None:
    budget = CostBudget(CacheWithFallback(cache), "sim", None)

    assert budget.reserve(10**12) is True
    budget.settle(10**12, 7)
    assert cache.keys("*") == []


def test_a_budget_that_cannot_be_read_is_unknown() -> None:
    budget = CostBudget(CacheWithFallback(None), "sim", 1_000)

    assert budget.reserve(1) is None
    budget.settle(1, 1)
