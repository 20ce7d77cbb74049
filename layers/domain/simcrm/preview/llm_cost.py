"""What the words of a simulation would cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.text.prompt_requests import (
    chunks,
    expected_input,
    expected_output,
    request_for,
    request_settings,
)
from simcrm.llm.providers.base import Usage
from simcrm.planning.batches import Batch
from simcrm.planning.llm_plan import AiPlan

LOOKED_AT = 300
"""Records whose requests are made, and not sent."""

READ, WRITTEN = 0.71, 0.77
"""Tokens that `make bench-ai` counts, as a share of those that are reserved for a request and its answer."""

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Words:
    """Calls of a model and their price in US dollars."""

    calls: int = 0
    cost_usd: float = 0.0


def words_of(maker: BatchGenerator, batches: Sequence[Batch], ai: AiPlan, models: str | None) -> Words:
    """The words of a whole simulation, by the requests of some of its batches."""
    plan = maker.plan
    settings = request_settings(ai, plan.input, models)
    calls, records, usage = 0, 0, Usage()
    for batch in _spread(batches):
        for chunk in chunks(settings, maker.briefs(batch)):
            request = request_for(settings, chunk)
            read, written = expected_input(request), expected_output(chunk)
            usage = Usage(usage.input_tokens + read, usage.output_tokens + written)
            calls += 1
        records += batch.count
    scale = plan.input.total_records / records
    charged = Usage(round(usage.input_tokens * READ), round(usage.output_tokens * WRITTEN))
    price = settings.model.micro_usd(charged, in_batch=plan.input.ai.mode == "BATCH")
    return Words(round(calls * scale), price * scale / MICRO)


def _spread(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Batches from all parts of a run, of about as many records as are looked at."""
    wanted = max(1, LOOKED_AT * len(batches) // sum(batch.count for batch in batches))
    return batches[:: max(1, len(batches) // wanted)]
