"""Estimate the cost of the texts that a model would write for a simulation."""

from collections.abc import Sequence
from dataclasses import dataclass

from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.prompt_requests import (
    build_request,
    estimate_input_tokens,
    estimate_output_tokens,
    group_into_calls,
    request_settings,
)
from simcrm.llm.providers.base import Usage
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.llm_plan import LlmPlan

SAMPLED_RECORDS = 300
"""Number of records whose requests are built for the estimate; they are not sent."""

INPUT_SHARE, OUTPUT_SHARE = 0.89, 0.98
"""Tokens that `make bench-ai` counts, as a share of those reserved for a request and its response."""

MICRO_USD_PER_USD = 1_000_000


@dataclass(frozen=True, slots=True)
class LlmEstimate:
    """Number of model calls and their price in US dollars."""

    calls: int = 0
    cost_usd: float = 0.0


def estimate_llm(histories: AccountHistories, batches: Sequence[Batch], ai: LlmPlan, models: str | None) -> LlmEstimate:
    """Estimate the calls and cost of a whole simulation from the requests of some of its batches."""
    plan, prompt_builder = histories.plan, AccountPromptBuilder(histories)
    settings = request_settings(ai, plan.input, models)
    calls, records, usage = 0, 0, Usage()
    for batch in _sample_batches(batches):
        for chunk in group_into_calls(settings, prompt_builder.build_prompts(batch)):
            request = build_request(settings, chunk)
            read, written = estimate_input_tokens(request), estimate_output_tokens(chunk)
            usage = Usage(usage.input_tokens + read, usage.output_tokens + written)
            calls += 1
        records += batch.count
    scale = plan.total_records / records
    charged = Usage(round(usage.input_tokens * INPUT_SHARE), round(usage.output_tokens * OUTPUT_SHARE))
    price = settings.model_price.micro_usd(charged, in_batch=plan.input.ai.mode == "BATCH")
    return LlmEstimate(round(calls * scale), price * scale / MICRO_USD_PER_USD)


def _sample_batches(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Return evenly spaced batches with about ``SAMPLED_RECORDS`` records in total."""
    sample_size = max(1, SAMPLED_RECORDS * len(batches) // sum(batch.count for batch in batches))
    return batches[:: max(1, len(batches) // sample_size)]
