"""Everything that one invocation needs to write a simulation's text, from the plan and the function's configuration."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from simcrm.cache import run_counters as counters
from simcrm.cache.resilient_cache import CacheWithFallback
from simcrm.cache.run_counters import RunCounters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.config import LlmCallConfig
from simcrm.generation.text.account_prompts import AccountPrompt
from simcrm.generation.text.prompt_requests import RequestSettings, request_settings
from simcrm.generation.text.record_text import RecordTextResult, fallback_result
from simcrm.generation.text.result_recorder import FindGate, ResultRecorder
from simcrm.generation.text.text_writer import SaveResults, TextWriter
from simcrm.llm.call_pace import CallPace
from simcrm.llm.caller import Clock, LlmCaller, RetryPolicy, not_aborted
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError, LlmConfigError
from simcrm.llm.health import LlmHealth
from simcrm.llm.log_events import LEVELS, LlmEventLog
from simcrm.llm.model_prices import find_price
from simcrm.llm.providers.base import BatchProvider, LlmProvider, Usage
from simcrm.llm.providers.endpoints import find_base_url
from simcrm.llm.providers.registry import find_provider
from simcrm.llm.rate_limit.auth_failure_flag import AuthFailureFlag
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.llm.rate_limit.local_limiter import LocalRateLimiter
from simcrm.llm.rate_limit.redis_limiter import RedisRateLimiter
from simcrm.llm.rotating_key import ReadKey, RotatingKey
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.llm_plan import LlmPlan

MICRO_USD_PER_USD = 1_000_000


@dataclass(frozen=True)
class TextSession:
    """``read_key`` takes whether to fetch a fresh copy; once ``is_aborted`` is true, the model is no longer called."""

    config: LlmCallConfig
    plan: LlmPlan
    request: SimulationInput
    cache: CacheWithFallback
    counters: RunCounters
    read_key: ReadKey
    clock: Clock = field(default_factory=Clock)
    is_aborted: Callable[[], bool] = not_aborted
    is_alone: bool = False
    """Whether no other function calls the model, so that without a cache a session need not leave room for them."""
    wrap_provider: Callable[[LlmProvider], LlmProvider] = lambda provider: provider
    """Receives each provider that is created; the calls go to what it returns."""

    @property
    def simulation_id(self) -> str:
        """The simulation whose text is written."""
        return self.counters.simulation_id

    @cached_property
    def auth_failure_flag(self) -> AuthFailureFlag:
        """Whether this run's key was refused."""
        return AuthFailureFlag(self.cache, self.simulation_id)

    @cached_property
    def worker(self) -> Executor:
        """The one thread of this session's calls to the cache; it ends with the session."""
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="text-session")

    @cached_property
    def settings(self) -> RequestSettings:
        """Settings shared by all requests."""
        return request_settings(self.plan, self.request, self.config.ai_models)

    @cached_property
    def log(self) -> LlmEventLog:
        """The event log of this run."""
        return LlmEventLog(self.simulation_id, self.plan.model, LEVELS[self.config.ai_generation_log_level])

    @cached_property
    def health(self) -> LlmHealth:
        """The model's health, shared by all functions."""
        return LlmHealth(self.cache)

    def unavailable_reason(self) -> FallbackReason | FailureCategory | None:
        """Return why the model cannot write any record of this run; None if it can."""
        if not (self.plan.enabled and self.config.ai_enabled):
            return FallbackReason.AI_DISABLED
        if (fault := self.configuration_fault()) is not None:
            return fault
        if self._needs_key and not (self.read_key(fresh=False) or self.read_key(fresh=True)):
            return FallbackReason.NO_API_KEY
        if self.is_batch and find_provider(self.plan.provider).create_batches is None:
            return FallbackReason.NO_BATCHES
        return FailureCategory.AUTH if self._is_key_refused() else None

    def configuration_fault(self) -> FallbackReason | None:
        """Return what is wrong with provider or model if the configuration has changed since the run was planned."""
        try:
            find_base_url(self.plan.provider, self.config)
            find_price(self.plan.provider, self.plan.model, self.config.ai_models)
        except LlmConfigError as error:
            return error.reason
        return None

    def _is_key_refused(self) -> bool:
        """Whether the key was refused before and the secret has not been given a new one since."""
        return self.auth_failure_flag.is_set(self.read_key(fresh=False)) and self.auth_failure_flag.is_set(
            self.read_key(fresh=True)
        )

    @property
    def _needs_key(self) -> bool:
        return find_provider(self.plan.provider).needs_key

    @property
    def is_batch(self) -> bool:
        """Whether this run's text comes by message batches, so that no record is requested on its own."""
        return self.request.ai.mode == "BATCH"

    def batch_provider(self, key: str) -> BatchProvider:
        """Create the provider of message batches with a key.

        Raises:
            LookupError: this run's provider does not support message batches.
        """
        make = find_provider(self.plan.provider).create_batches
        if make is None:
            raise LookupError(self.plan.provider)
        return make(key, self._base_url)

    async def write_texts(
        self, accounts: Sequence[AccountPrompt], save: SaveResults, gate: FindGate
    ) -> dict[int, RecordTextResult]:
        """Write the texts of accounts; return them, or the reason why there are none, by contact."""
        if not accounts:
            return {}
        missing = FallbackReason.BATCH_MISSING if self.is_batch else None
        if (reason := self.unavailable_reason() or missing) is not None:
            self.log.fallback(accounts[0].lead.index, None, reason)
            category = FailureCategory.AUTH if reason is FailureCategory.AUTH else None
            records = (record for account in accounts for record in account.records if record.keys)
            return {record.index: fallback_result(record.index, reason, category) for record in records}
        rotating_key = RotatingKey(self.create_provider, self.read_key, needs_key=self._needs_key)
        try:
            writer = TextWriter(self._caller(rotating_key), self.recorder(gate), save, self._pace())
            return await writer.write(accounts)
        finally:
            await rotating_key.provider.aclose()

    def recorder(self, gate: FindGate) -> ResultRecorder:
        """Return the recorder of each record's result."""
        return ResultRecorder(self.settings, self.log, self.clock.wall, gate)

    def _pace(self) -> CallPace:
        spec, config = find_provider(self.plan.provider), self.config
        is_own_server = self.plan.provider != "anthropic" and self._base_url != spec.url
        first = 1 if is_own_server else config.ai_concurrency
        limits = config.ai_timeout_ms / 1000, self.settings.max_call_tokens, config.ai_concurrency
        return CallPace(spec.tokens_per_second, *limits, concurrency=first, is_own_server=is_own_server)

    def _caller(self, rotating_key: RotatingKey) -> LlmCaller:
        return LlmCaller(
            provider=self.plan.provider,
            rotating_key=rotating_key,
            model_price=self.settings.model_price,
            rate_limiter=self._rate_limiter(),
            cost_budget=self.cost_budget,
            auth_failure_flag=self.auth_failure_flag,
            health=self.health,
            log=self.log,
            count=self.record_usage,
            worker=self.worker,
            retry_policy=RetryPolicy(self.config.ai_timeout_ms / 1000, self.config.ai_max_retries),
            clock=self.clock,
            is_aborted=self.is_aborted,
        )

    def create_provider(self, key: str) -> LlmProvider:
        """Create this run's provider with a key.

        Raises:
            LookupError: the provider sends no requests.
            LlmConfigError: it is unknown or has no base URL.
        """
        make = find_provider(self.plan.provider).create
        if make is None:
            raise LookupError(self.plan.provider)
        return self.wrap_provider(make(key, self._base_url))

    @property
    def _base_url(self) -> str:
        url = find_base_url(self.plan.provider, self.config)
        if url is None:
            raise LookupError(self.plan.provider)
        return url

    def _rate_limiter(self) -> RedisRateLimiter:
        config, assumed = self.config, find_provider(self.plan.provider).limits
        configured = (
            config.ai_requests_per_minute,
            config.ai_input_tokens_per_minute,
            config.ai_output_tokens_per_minute,
        )
        requests, inputs, outputs = (own or other for own, other in zip(configured, assumed, strict=True))
        limits = (requests, inputs, outputs)
        local = LocalRateLimiter(limits, share=1.0) if self.is_alone else LocalRateLimiter(limits)
        return RedisRateLimiter(self.cache, f"{self.plan.provider}:{self.plan.model}", limits, local)

    @cached_property
    def cost_budget(self) -> CostBudget:
        """The cost budget of this run."""
        ceiling = self.request.ai.max_cost_usd
        return CostBudget(self.cache, self.simulation_id, None if ceiling is None else int(ceiling * MICRO_USD_PER_USD))

    def record_usage(self, usage: Usage, micro_usd: int) -> None:
        """Count tokens and their cost, in millionths of a dollar."""
        cloudwatch_metrics.record(Metric.AI_INPUT_TOKENS, usage.input_tokens)
        cloudwatch_metrics.record(Metric.AI_OUTPUT_TOKENS, usage.output_tokens)
        cloudwatch_metrics.record(Metric.AI_COST, micro_usd / MICRO_USD_PER_USD)
        self.counters.add(
            {
                counters.AI_TOKENS: usage.total,
                counters.AI_INPUT_TOKENS: usage.input_tokens,
                counters.AI_OUTPUT_TOKENS: usage.output_tokens,
                counters.AI_COST_MICRO_USD: micro_usd,
            }
        )

    def record_failure(self, index: int, failure: LlmCallError) -> None:
        """Count and log a failed call about message batches; ``index`` identifies it in log lines."""
        cloudwatch_metrics.record(Metric.AI_CALLS_FAILED)
        self.health.record_failure()
        self.log.failure(index, failure, 0)


def clock_until(seconds: float) -> Clock:
    """Return a real-time clock with a deadline this many seconds from now."""
    return Clock(deadline=time.monotonic() + seconds)
