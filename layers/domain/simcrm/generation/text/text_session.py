"""Everything that writes words for one simulation in one function, from its plan and this function's configuration."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from simcrm.cache import run_counters as counters
from simcrm.cache.resilient_cache import SharedState
from simcrm.cache.run_counters import Metrics
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.core.config import ModelCallConfig
from simcrm.generation.text.prompt_requests import RequestSettings, request_settings
from simcrm.generation.text.record_prompts import RecordBrief
from simcrm.generation.text.record_text import Told, fallen
from simcrm.generation.text.text_writer import Keep, Storyteller
from simcrm.llm.caller import Caller, Clock, Keyring, ReadKey, Schedule, never
from simcrm.llm.errors import Category, Reason
from simcrm.llm.health import HealthBoard
from simcrm.llm.log_events import LEVELS, AiLog
from simcrm.llm.providers.base import BatchProvider, Provider, Usage
from simcrm.llm.providers.registry import find_provider
from simcrm.llm.rate_limit.auth_failure_flag import Standstill
from simcrm.llm.rate_limit.cost_budget import Budget
from simcrm.llm.rate_limit.local_limiter import LocalGate
from simcrm.llm.rate_limit.redis_limiter import SharedGate
from simcrm.models.simulation_input import SimulationInput
from simcrm.planning.llm_plan import AiPlan

ANTHROPIC_URL = "https://api.anthropic.com"
OPENAI_URL = "https://api.openai.com/v1/"
MICRO = 1_000_000


@dataclass(frozen=True)
class Studio:
    """``read_key`` takes whether to ask for a fresh copy; once ``is_aborted``, nothing more is asked of the model."""

    config: ModelCallConfig
    plan: AiPlan
    request: SimulationInput
    shared: SharedState
    metrics: Metrics
    read_key: ReadKey
    clock: Clock = field(default_factory=Clock)
    is_aborted: Callable[[], bool] = never

    @property
    def simulation_id(self) -> str:
        """Whose words these are."""
        return self.metrics.simulation_id

    @cached_property
    def standstill(self) -> Standstill:
        """Whether this run's key is refused."""
        return Standstill(self.shared, self.simulation_id)

    @cached_property
    def settings(self) -> RequestSettings:
        """What all requests share."""
        return request_settings(self.plan, self.request, self.config.ai_models)

    @cached_property
    def log(self) -> AiLog:
        """The events of this run."""
        return AiLog(self.simulation_id, self.plan.model, LEVELS[self.config.ai_generation_log_level])

    def hindrance(self) -> Reason | Category | None:
        """Why no record of this run can be written by the model, if none can."""
        if not (self.plan.enabled and self.config.ai_enabled):
            return Reason.AI_DISABLED
        if self._needs_key and not (self.read_key(fresh=False) or self.read_key(fresh=True)):
            return Reason.NO_API_KEY
        if self.is_batch and find_provider(self.plan.provider).make_batches is None:
            return Reason.NO_BATCHES
        return Category.AUTH if self._is_refused() else None

    def _is_refused(self) -> bool:
        """Whether the key was refused before, and no other one stands in the secret by now."""
        return self.standstill.lasts(self.read_key(fresh=False)) and self.standstill.lasts(self.read_key(fresh=True))

    @property
    def _needs_key(self) -> bool:
        return find_provider(self.plan.provider).needs_key

    @property
    def is_batch(self) -> bool:
        """Whether this run's words come by message batches, and no record is asked for on its own."""
        return self.request.ai.mode == "BATCH"

    def batch_provider(self, key: str) -> BatchProvider:
        """The provider of message batches with a key.

        Raises:
            LookupError: this run's provider has none.
        """
        make = find_provider(self.plan.provider).make_batches
        if make is None:
            raise LookupError(self.plan.provider)
        return make(key, self._base_url())

    async def tell(self, briefs: Sequence[RecordBrief], keep: Keep) -> dict[int, Told]:
        """The words of each record, or why it has none; by index."""
        if not briefs:
            return {}
        missing = Reason.BATCH_MISSING if self.is_batch else None
        if (reason := self.hindrance() or missing) is not None:
            self.log.fallback(briefs[0].index, None, reason)
            category = Category.AUTH if reason is Category.AUTH else None
            return {brief.index: fallen(brief.index, reason, category) for brief in briefs}
        keyring = Keyring(self._provider, self.read_key, needs_key=self._needs_key)
        try:
            teller = Storyteller(self._caller(keyring), self.settings, keep, self.config.ai_concurrency)
            return await teller.tell(briefs)
        finally:
            await keyring.provider.aclose()

    def _caller(self, keyring: Keyring) -> Caller:
        return Caller(
            provider=self.plan.provider,
            keyring=keyring,
            model=self.settings.model,
            gate=self._gate(),
            budget=self.budget,
            standstill=self.standstill,
            health=HealthBoard(self.shared),
            log=self.log,
            count=self.count,
            schedule=Schedule(self.config.ai_timeout_ms / 1000, self.config.ai_max_retries),
            clock=self.clock,
            is_aborted=self.is_aborted,
        )

    def _provider(self, key: str) -> Provider:
        make = find_provider(self.plan.provider).make
        if make is None:
            raise LookupError(self.plan.provider)
        return make(key, self._base_url())

    def _base_url(self) -> str | None:
        if self.plan.provider == "anthropic":
            return self.config.ai_base_url or self.config.anthropic_base_url or ANTHROPIC_URL
        return self.config.ai_base_url or (OPENAI_URL if self.plan.provider == "openai" else None)

    def _gate(self) -> SharedGate:
        config, assumed = self.config, find_provider(self.plan.provider).limits
        given = (
            config.ai_requests_per_minute,
            config.ai_input_tokens_per_minute,
            config.ai_output_tokens_per_minute,
        )
        requests, inputs, outputs = (own or other for own, other in zip(given, assumed, strict=True))
        limits = (requests, inputs, outputs)
        return SharedGate(self.shared, f"{self.plan.provider}:{self.plan.model}", limits, LocalGate(limits))

    @cached_property
    def budget(self) -> Budget:
        """The money of this run."""
        ceiling = self.request.ai.max_cost_usd
        return Budget(self.shared, self.simulation_id, None if ceiling is None else int(ceiling * MICRO))

    def count(self, usage: Usage, micro_usd: int) -> None:
        """Count tokens and their price, in millionths of a dollar."""
        cloudwatch_metrics.add(Measure.AI_INPUT_TOKENS, usage.input_tokens)
        cloudwatch_metrics.add(Measure.AI_OUTPUT_TOKENS, usage.output_tokens)
        cloudwatch_metrics.add(Measure.AI_COST, micro_usd / MICRO)
        self.metrics.add(
            {
                counters.AI_TOKENS: usage.total,
                counters.AI_INPUT_TOKENS: usage.input_tokens,
                counters.AI_OUTPUT_TOKENS: usage.output_tokens,
                counters.AI_COST_MICRO_USD: micro_usd,
            }
        )


def until(seconds: float) -> Clock:
    """The real time, with an end this many seconds from now."""
    return Clock(end=time.monotonic() + seconds)
