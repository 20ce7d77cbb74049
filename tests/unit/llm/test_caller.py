"""One call of a model: attempts, pauses, waits, reservations and what is noted of its end."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from recorders import LogLines
from unit.generation.conftest import FastTime

from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.llm.caller import LlmCaller, LlmCallResult, RetryPolicy
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError, error_from_status
from simcrm.llm.health import LlmHealth, read_health
from simcrm.llm.log_events import LlmEventLog
from simcrm.llm.model_prices import ModelPrice
from simcrm.llm.providers.base import LlmRequest, LlmResponse, Usage
from simcrm.llm.rate_limit.auth_failure_flag import AuthFailureFlag
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.llm.rate_limit.policy import LlmCallOutcome, LlmDenyReason, LlmPermit
from simcrm.llm.rotating_key import RotatingKey

REQUEST = LlmRequest("model", "system", "prompt", {}, max_tokens=1_000)
EXPECTED, USED = Usage(300, 200), Usage(100, 50)
GRANTED = LlmPermit(LlmDenyReason.NONE, 0)
SERVER_ERROR = error_from_status(500, None)
Step = LlmCallError | Exception | float | None


@dataclass
class Provider:
    """Takes one step a call: an error, seconds of silence, or None for an answer."""

    steps: deque[Step]
    time: FastTime
    is_called: asyncio.Event = field(default_factory=asyncio.Event)
    closed: int = 0

    async def complete(self, _request: LlmRequest) -> LlmResponse:
        self.is_called.set()
        step = self.steps.popleft() if self.steps else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
        self.time.seconds += 0.25
        return LlmResponse("text", USED)

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class Limiter:
    """Returns permits in order, then grants; notes how calls ended."""

    permits: deque[LlmPermit] = field(default_factory=deque)
    outcomes: list[LlmCallOutcome] = field(default_factory=list)

    def acquire(self, _expected: Usage) -> LlmPermit:
        return self.permits.popleft() if self.permits else GRANTED

    def release(self, outcome: LlmCallOutcome) -> bool:
        self.outcomes.append(outcome)
        return False


@dataclass
class Harness:
    """A caller whose time moves when it sleeps."""

    cache: redis.Redis | None
    steps: Sequence[Step] = ()
    limiter: Limiter = field(default_factory=Limiter)
    time: FastTime = field(default_factory=FastTime)
    retries: int = 2
    budget: int | None = None
    deadline: float = 600.0
    keys: Sequence[str] = ("key",)
    is_aborted: Callable[[], bool] = lambda: False
    counted: list[tuple[Usage, int]] = field(default_factory=list)
    timeout_seconds: float = 10.0

    def caller(self) -> LlmCaller:
        shared, steps, keys = CacheWithFallback(self.cache), deque(self.steps), deque(self.keys)

        def read_key(*, fresh: bool) -> str:
            del fresh
            return keys.popleft() if len(keys) > 1 else keys[0]

        return LlmCaller(
            "anthropic",
            RotatingKey(lambda _key: Provider(steps, self.time), read_key),
            ModelPrice(input_price=1.0, output_price=5.0),
            self.limiter,
            CostBudget(shared, "sim", self.budget),
            AuthFailureFlag(shared, "sim"),
            LlmHealth(shared),
            LlmEventLog("sim", "model"),
            lambda usage, price: self.counted.append((usage, price)),
            ThreadPoolExecutor(max_workers=1),
            RetryPolicy(self.timeout_seconds, self.retries),
            self.time.clock(self.deadline),
            self.is_aborted,
        )

    def call(self) -> LlmCallResult:
        return asyncio.run(self.caller().call(REQUEST, EXPECTED, 7))

    def fail(self) -> LlmCallError:
        with pytest.raises(LlmCallError) as raised:
            self.call()
        return raised.value

    def budget_row(self) -> dict[str, str]:
        assert self.cache is not None
        row: Any = self.cache.hgetall(CostBudget(CacheWithFallback(None), "sim", None).key)
        return dict(row)


@pytest.fixture
def harness(cache: redis.Redis) -> Harness:
    return Harness(cache)


def test_an_answer_has_its_attempts_and_its_latency(harness: Harness) -> None:
    result = harness.call()

    assert (result.response.text, result.attempts, result.latency_ms) == ("text", 1, 250)
    assert harness.counted == [(USED, 350)]
    assert harness.time.slept == []


def test_attempts_are_paused_longer_and_longer_and_counted(harness: Harness, log_lines: LogLines) -> None:
    harness.steps, harness.retries = [SERVER_ERROR] * 4, 4

    result = harness.call()

    assert (result.attempts, harness.time.slept) == (5, [1.0, 2.0, 4.0, 8.0])
    assert result.latency_ms == 15_250
    retries = log_lines.with_event_id("AI_GEN_RETRY")
    assert [(row["attempt"], row["waitMs"], row["recordIndex"]) for row in retries] == [
        (1, 1_000, 7),
        (2, 2_000, 7),
        (3, 4_000, 7),
        (4, 8_000, 7),
    ]


def test_no_attempt_is_made_beyond_the_retries(harness: Harness, log_lines: LogLines) -> None:
    harness.steps = [SERVER_ERROR] * 9

    assert harness.fail().category is FailureCategory.MODEL_ERROR
    assert len(harness.limiter.outcomes) == 3
    errors = log_lines.with_event_id("AI_GEN_ERROR")
    assert [row["latencyMs"] for row in errors] == [0, 1_000, 3_000]


def test_a_failure_is_logged_with_what_the_provider_said(harness: Harness, log_lines: LogLines) -> None:
    harness.steps = [error_from_status(400, None, "no such model")]
    harness.fail()

    (line,) = log_lines.with_event_id("AI_GEN_ERROR")
    assert (line["reason"], line["providerMessage"]) == ("http_400", "no such model")


def test_the_first_attempt_has_no_pause() -> None:
    assert [RetryPolicy().pause_before(attempt) for attempt in (1, 2, 3, 4)] == [0.0, 1.0, 2.0, 4.0]


def test_what_cannot_be_retried_ends_the_call(harness: Harness) -> None:
    harness.steps = [error_from_status(400, None)]

    assert harness.fail().reason == "http_400"
    assert harness.time.slept == []


def test_an_unexpected_error_is_a_failure_with_its_name(harness: Harness) -> None:
    harness.steps = [KeyError("x")]

    failure = harness.fail()

    assert (failure.category, failure.reason, failure.can_retry) == (FailureCategory.UNKNOWN, "KeyError", False)


def test_silence_is_a_timeout_that_counts_for_the_breaker(harness: Harness) -> None:
    harness.steps, harness.timeout_seconds, harness.retries = [5.0], 0.01, 0

    failure = harness.fail()

    assert (failure.category, failure.can_retry) == (FailureCategory.TIMEOUT, True)
    assert harness.limiter.outcomes[0].breaker_signal == "sick"


def test_a_limit_is_waited_for_at_most_two_seconds_at_a_time(harness: Harness) -> None:
    harness.limiter.permits.extend([LlmPermit(LlmDenyReason.LIMIT, 500), LlmPermit(LlmDenyReason.COOLDOWN, 9_000)])

    result = harness.call()

    assert harness.time.slept == [0.51, 2.01]
    assert result.latency_ms == 2_770


@pytest.mark.parametrize(("wait_ms", "is_called"), [(5_000, True), (5_001, False)])
def test_no_call_waits_beyond_the_deadline(harness: Harness, wait_ms: int, *, is_called: bool) -> None:
    harness.deadline = 5.0
    harness.limiter.permits.append(LlmPermit(LlmDenyReason.LIMIT, wait_ms))

    if is_called:
        assert harness.call().attempts == 1
    else:
        assert harness.fail().category is FailureCategory.RATE_LIMIT


def test_an_open_breaker_is_not_waited_for(harness: Harness) -> None:
    harness.limiter.permits.append(LlmPermit(LlmDenyReason.OPEN, 1))

    failure = harness.fail()

    assert (failure.category, failure.reason) == (FailureCategory.MODEL_ERROR, FallbackReason.BREAKER_OPEN)
    assert harness.limiter.outcomes == []


def test_a_run_that_is_aborted_while_a_call_waits_gets_none(harness: Harness) -> None:
    harness.limiter.permits.extend([LlmPermit(LlmDenyReason.LIMIT, 100)] * 3)
    harness.is_aborted = lambda: len(harness.time.slept) > 1

    assert harness.fail().reason == FallbackReason.ABORTED
    assert len(harness.time.slept) == 2


def test_a_call_reserves_its_highest_price_and_settles_what_it_used(harness: Harness) -> None:
    harness.budget = 300 + 5_000

    harness.call()

    assert harness.budget_row() == {"reserved": "0", "spent": "350"}
    (outcome,) = harness.limiter.outcomes
    assert (outcome.reserved, outcome.used, outcome.failure) == (EXPECTED, USED, None)


def test_a_budget_that_may_be_exceeded_sends_no_call(harness: Harness) -> None:
    harness.budget = 300 + 5_000 - 1

    failure = harness.fail()

    assert (failure.category, failure.reason) == (FailureCategory.UNKNOWN, FallbackReason.BUDGET_SPENT)
    (outcome,) = harness.limiter.outcomes
    assert (outcome.used, outcome.breaker_signal) == (Usage(), "none")
    assert harness.counted == []


def test_a_budget_that_nobody_knows_sends_no_call() -> None:
    harness = Harness(None, budget=10**9)

    assert harness.fail().reason == FallbackReason.BUDGET_UNKNOWN


@pytest.mark.parametrize(
    ("step", "spent"), [(error_from_status(504, None), "5300"), (error_from_status(400, None), "0")]
)
def test_a_call_that_may_have_been_written_costs_all_of_it(harness: Harness, step: LlmCallError, spent: str) -> None:
    harness.steps, harness.budget, harness.retries = [step], 10**6, 0

    harness.fail()

    assert harness.budget_row() == {"reserved": "0", "spent": spent}


def test_a_cancelled_call_costs_all_and_is_no_failure_of_the_model(harness: Harness, cache: redis.Redis) -> None:
    harness.steps, harness.budget = [600.0], 10**6

    async def run() -> None:
        caller = harness.caller()
        provider = caller.rotating_key.provider
        assert isinstance(provider, Provider)
        task = asyncio.create_task(caller.call(REQUEST, EXPECTED, 0))
        await provider.is_called.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())

    assert harness.budget_row() == {"reserved": "0", "spent": "5300"}
    assert read_health(cache) == (None, 0)


def test_health_holds_the_last_success_and_the_failures_since(harness: Harness, cache: redis.Redis) -> None:
    assert read_health(cache) == (None, 0)
    harness.steps = [SERVER_ERROR, SERVER_ERROR]
    harness.retries = 1
    harness.fail()
    assert read_health(cache) == (None, 2)

    harness.steps = []
    harness.call()

    assert read_health(cache) == (round(harness.time.wall() * 1000), 0)
    assert 0 < cache.ttl("ai:health") <= 30 * 24 * 3600
    assert cache.ttl("ai:health") > 30 * 24 * 3600 - 60


def test_health_is_unknown_without_a_cache(absent_redis_url: str) -> None:
    assert read_health(None) == (None, 0)
    assert read_health(redis.Redis.from_url(absent_redis_url)) == (None, 0)


def test_a_key_that_stays_refused_is_flagged_for_all_functions(harness: Harness, cache: redis.Redis) -> None:
    harness.steps = [error_from_status(401, None)]

    assert harness.fail().category is FailureCategory.AUTH

    other = AuthFailureFlag(CacheWithFallback(cache), "sim")
    assert other.is_set("key")
    assert not other.is_set("another")
    assert not other.is_set_locally
    assert 24 * 3600 - 60 < cache.ttl(other.key) <= 24 * 3600


def test_a_flag_needs_no_cache_in_the_function_that_was_refused() -> None:
    flag = AuthFailureFlag(CacheWithFallback(None), "sim")
    assert not flag.is_set("key")

    flag.set("key")

    assert (flag.is_set("key"), flag.is_set("other"), flag.is_set_locally) == (True, False, True)


def test_calls_that_wait_when_the_key_is_refused_are_not_sent(harness: Harness) -> None:
    harness.limiter.permits.append(LlmPermit(LlmDenyReason.LIMIT, 100))
    caller = harness.caller()
    caller.auth_failure_flag.set("key")

    with pytest.raises(LlmCallError) as raised:
        asyncio.run(caller.call(REQUEST, EXPECTED, 0))

    assert raised.value.category is FailureCategory.AUTH
    assert harness.limiter.outcomes == []


def test_the_old_provider_is_closed_when_its_last_call_ends(harness: Harness) -> None:
    harness.steps, harness.keys = [error_from_status(401, None)], ("old", "new")
    caller = harness.caller()
    old: Any = caller.rotating_key.provider

    result = asyncio.run(caller.call(REQUEST, EXPECTED, 0))
    new: Any = caller.rotating_key.provider

    assert (result.attempts, caller.rotating_key.key) == (1, "new")
    assert (old.closed, new.closed) == (1, 0)


def test_a_provider_that_needs_no_key_is_made_without_one(harness: Harness) -> None:
    provider = Provider(deque(), harness.time)
    keys: list[str] = []

    def create(key: str) -> Provider:
        keys.append(key)
        return provider

    def read_key(*, fresh: bool) -> str:
        del fresh
        return ""

    assert RotatingKey(create, read_key, needs_key=False).acquire() is provider
    assert RotatingKey(create, read_key).acquire() is not provider
    assert keys == [""]


def test_a_retried_call_waits_for_the_cooldown_it_is_told(harness: Harness) -> None:
    harness.steps = [error_from_status(429, 3.5)]

    harness.call()

    assert [outcome.cooldown_ms for outcome in harness.limiter.outcomes] == [3_500, 0]


def test_latency_waits_and_failures_are_measured(harness: Harness) -> None:
    cloudwatch_metrics.flush()
    harness.limiter.permits.append(LlmPermit(LlmDenyReason.LIMIT, 490))
    harness.steps = [error_from_status(429, 2.0)]

    harness.call()

    assert cloudwatch_metrics.flush() == {
        (Metric.LIMIT_WAIT, "anthropic"): [500],
        (Metric.COOLDOWNS, "anthropic"): [1],
        (Metric.AI_CALLS_FAILED, ""): [1],
        (Metric.AI_LATENCY, ""): [1_750],
    }


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (logging.DEBUG, ["AI_GEN_SUCCESS", "AI_GEN_FALLBACK", "AI_GEN_RETRY", "AI_GEN_ERROR"]),
        (logging.INFO, ["AI_GEN_SUCCESS", "AI_GEN_FALLBACK", "AI_GEN_RETRY", "AI_GEN_ERROR"]),
        (logging.WARNING, ["AI_GEN_FALLBACK", "AI_GEN_RETRY", "AI_GEN_ERROR"]),
        (logging.ERROR, ["AI_GEN_ERROR"]),
    ],
)
def test_lines_below_their_own_threshold_are_not_written(
    log_lines: LogLines, threshold: int, expected: list[str]
) -> None:
    log = LlmEventLog("sim", "model", threshold)

    log.success(0, 1, 2)
    log.fallback(0, None, "why")
    log.retry(0, "network", 1, 1_000)
    log.failure(0, LlmCallError(FailureCategory.NETWORK, "why"), 3)

    assert [vars(record)["eventId"] for record in log_lines.records] == expected
