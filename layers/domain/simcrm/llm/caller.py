"""One model call with its limits, budget, time-out, retries, key refresh, health and log lines."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.health import LlmHealth
from simcrm.llm.log_events import LlmEventLog
from simcrm.llm.model_prices import ModelPrice
from simcrm.llm.providers.base import LlmProvider, LlmRequest, LlmResponse, RateLimitWindows, Usage
from simcrm.llm.rate_limit.auth_failure_flag import AuthFailureFlag
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.llm.rate_limit.policy import LlmCallOutcome, LlmDenyReason, LlmPermit, LlmRateLimiter
from simcrm.llm.rotating_key import ProviderLease, RotatingKey

CANCELLED_ERROR = LlmCallError(FailureCategory.UNKNOWN)
MAX_POLL_SECONDS = 2.0
"""The longest wait before polling again; responses to other callers may have raised a limit by then."""
POLL_SECONDS = 0.01


def not_aborted() -> bool:
    """No run is aborted: for calls that belong to none."""
    return False


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Time-out and retries: a call has ``retries`` + 1 attempts, after pauses of 0, 1, 2, 4 ... seconds."""

    timeout_seconds: float = 10.0
    retries: int = 2

    def pause_before(self, attempt: int) -> float:
        """Seconds to wait before an attempt, counted from 1."""
        return 0.0 if attempt == 1 else float(2 ** (attempt - 2))


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the calls see it; no call may wait beyond ``deadline``."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    deadline: float = float("inf")

    def today(self) -> datetime:
        """The wall-clock time in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)


@dataclass(frozen=True, slots=True)
class LlmCallResult:
    """A response with its number of attempts and its latency."""

    response: LlmResponse
    attempts: int
    latency_ms: int
    seconds: float = 0.0
    """How long the attempt took that brought the response, without waiting for capacity."""


@dataclass(frozen=True, slots=True)
class LlmCaller:
    """Makes the model calls of one simulation in one function."""

    provider: str
    """The name of the provider."""
    rotating_key: RotatingKey
    model_price: ModelPrice
    rate_limiter: LlmRateLimiter
    cost_budget: CostBudget
    auth_failure_flag: AuthFailureFlag
    health: LlmHealth
    log: LlmEventLog
    count: Callable[[Usage, int], None]
    """Receives the tokens of a response and their price in millionths of a dollar."""
    worker: Executor
    """One thread for all that waits for cache or S3, so that a slow one does not hold up responses and time-outs."""
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Clock = field(default_factory=Clock)
    is_aborted: Callable[[], bool] = not_aborted
    """Checked before each attempt, and while one waits."""

    async def call(
        self, request: LlmRequest, expected: Usage, index: int, timeout_seconds: float | None = None
    ) -> LlmCallResult:
        """Call until there is a response or no attempt is left; ``index`` identifies the call in log lines.

        An attempt takes at most ``timeout_seconds``, and never longer than the policy allows.

        Raises:
            LlmCallError: says why there is no response.
        """
        begun, attempt = self.clock.now(), 1
        ceiling = self.retry_policy.timeout_seconds
        timeout = ceiling if timeout_seconds is None else min(ceiling, timeout_seconds)
        while True:
            lease = ProviderLease(self.rotating_key)
            try:
                answer, seconds = await self._attempt(lease, request, expected, timeout)
                latency_ms = self._since(begun)
                cloudwatch_metrics.record(Metric.AI_LATENCY, latency_ms)
                return LlmCallResult(answer, attempt, latency_ms, seconds)
            except LlmCallError as failure:
                if failure.category is FailureCategory.AUTH and await self._has_new_key(lease.provider):
                    continue
                self.log.failure(index, failure, self._since(begun))
                if not failure.can_retry or attempt > self.retry_policy.retries:
                    raise
                attempt += 1
                pause = self.retry_policy.pause_before(attempt)
                self.log.retry(index, failure.category, attempt - 1, round(pause * 1000))
                await self.clock.sleep(pause)

    async def _has_new_key(self, used: LlmProvider | None) -> bool:
        """Whether to retry with another key; never if the call used none, because another call was refused."""
        if used is None:
            return False
        if await self.rotating_key.refresh(used):
            return True
        await self._in_worker(self.auth_failure_flag.set, self.rotating_key.key)
        return False

    async def _attempt(
        self, lease: ProviderLease, request: LlmRequest, expected: Usage, seconds_allowed: float
    ) -> tuple[LlmResponse, float]:
        """Make one attempt and return its response and seconds; its reservations are settled however it ends."""
        max_cost = self.model_price.micro_usd(Usage(expected.input_tokens, request.max_tokens))
        await self._wait_for_capacity(expected, max_cost)
        failure: LlmCallError | None = CANCELLED_ERROR
        used, answer, begun = Usage(), None, self.clock.now()
        try:
            answer = await self._complete(lease, request, seconds_allowed)
            seconds = self.clock.now() - begun
            used, failure = answer.usage, None
        except LlmCallError as error:
            failure = error
            raise
        finally:
            rate_limits = answer.rate_limits if answer else RateLimitWindows()
            await self._in_worker(self._settle, LlmCallOutcome(expected, used, rate_limits, failure), max_cost)
        return answer, seconds

    async def _complete(self, lease: ProviderLease, request: LlmRequest, seconds_allowed: float) -> LlmResponse:
        try:
            async with lease as provider:
                return await asyncio.wait_for(provider.complete(request), seconds_allowed)
        except TimeoutError:
            raise LlmCallError(FailureCategory.TIMEOUT, can_retry=True, counts_for_breaker=True) from None
        except LlmCallError:
            raise
        except Exception as error:
            raise LlmCallError(FailureCategory.UNKNOWN, type(error).__name__) from error

    async def _wait_for_capacity(self, expected: Usage, max_cost: int) -> None:
        """Reserve capacity and cost, waiting for rate limits and cooldowns while there is time.

        Raises:
            LlmCallError: time or budget is spent, the breaker is open, the key is refused or the run is aborted.
        """
        begun = self.clock.now()
        try:
            while not (admission := await self._reserve_in_worker(expected, max_cost)).is_granted:
                if self.auth_failure_flag.is_set_locally:
                    raise LlmCallError(FailureCategory.AUTH)
                self._raise_if_too_long(admission)
                await self.clock.sleep(min(admission.wait_ms / 1000, MAX_POLL_SECONDS) + POLL_SECONDS)
        finally:
            if waited := self._since(begun):
                cloudwatch_metrics.record(Metric.LIMIT_WAIT, waited, self.provider)

    async def _reserve_in_worker(self, expected: Usage, max_cost: int) -> LlmPermit:
        """Reserve in the worker; for a call cancelled meanwhile, which is never sent, it gives everything back."""

        def give_back(done: "Future[LlmPermit]") -> None:
            if not done.cancelled() and done.exception() is None and done.result().is_granted:
                self.rate_limiter.release(LlmCallOutcome(expected, Usage(), failure=CANCELLED_ERROR))
                self.cost_budget.settle(max_cost, 0)

        reserving = self.worker.submit(self._reserve, expected, max_cost)
        try:
            return await asyncio.wrap_future(reserving)
        except asyncio.CancelledError:
            reserving.add_done_callback(give_back)
            raise

    async def _in_worker(self, function: Callable[..., None], *arguments: object) -> None:
        await asyncio.wrap_future(self.worker.submit(function, *arguments))

    def _raise_if_too_long(self, admission: LlmPermit) -> None:
        if admission.deny_reason is LlmDenyReason.OPEN:
            raise LlmCallError(FailureCategory.MODEL_ERROR, FallbackReason.BREAKER_OPEN)
        if self.clock.now() + admission.wait_ms / 1000 > self.clock.deadline:
            raise LlmCallError(FailureCategory.RATE_LIMIT)

    def _reserve(self, expected: Usage, max_cost: int) -> LlmPermit:
        """Reserve capacity and, if it is granted, the cost."""
        if self.is_aborted():
            raise LlmCallError(FailureCategory.UNKNOWN, FallbackReason.ABORTED)
        permit = self.rate_limiter.acquire(expected)
        is_affordable = self.cost_budget.reserve(max_cost) if permit.is_granted else True
        if is_affordable:
            return permit
        self.rate_limiter.release(LlmCallOutcome(expected, Usage(), failure=CANCELLED_ERROR))
        reason = FallbackReason.BUDGET_UNKNOWN if is_affordable is None else FallbackReason.BUDGET_SPENT
        raise LlmCallError(FailureCategory.UNKNOWN, reason)

    def _settle(self, outcome: LlmCallOutcome, max_cost: int) -> None:
        """Release what was reserved and record how the call ended."""
        failure, used = outcome.failure, outcome.used
        cloudwatch_metrics.record(Metric.BREAKER_OPENED, self.rate_limiter.release(outcome), self.provider)
        cloudwatch_metrics.record(Metric.COOLDOWNS, outcome.cooldown_ms > 0, self.provider)
        self.cost_budget.settle(
            max_cost, self.model_price.micro_usd(used) if failure is None else _failed_call_cost(failure, max_cost)
        )
        self._record_outcome(failure, used)

    def _record_outcome(self, failure: LlmCallError | None, used: Usage) -> None:
        if failure is None:
            self.health.record_success(round(self.clock.wall() * 1000))
            self.count(used, self.model_price.micro_usd(used))
        elif failure is not CANCELLED_ERROR:
            self.health.record_failure()
            cloudwatch_metrics.record(Metric.AI_CALLS_FAILED)

    def _since(self, begun: float) -> int:
        return round((self.clock.now() - begun) * 1000)


def _failed_call_cost(failure: LlmCallError, max_cost: int) -> int:
    """The cost booked for a failed call: all of it if the provider may have continued writing, otherwise nothing."""
    return max_cost if failure is CANCELLED_ERROR or failure.category is FailureCategory.TIMEOUT else 0
