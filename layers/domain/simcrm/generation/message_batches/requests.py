"""The requests of several batches that are submitted as one message batch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import NamedTuple

from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import AccountPrompt
from simcrm.generation.text.call_queue import Call
from simcrm.generation.text.prompt_requests import (
    RequestSettings,
    build_request,
    estimate_input_tokens,
    group_into_calls,
)
from simcrm.generation.text.text_writer import call_name
from simcrm.llm.errors import FallbackReason
from simcrm.llm.model_prices import ModelPrice
from simcrm.llm.providers.base import LlmRequest, Usage
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.planning.batches import Batch

MAX_RECORDS = 10_000
"""Per message batch. Anthropic accepts 100,000 requests and 256 MB; a function holds one message batch in memory."""
MAX_BYTES = 32_000_000


class BatchRequest(NamedTuple):
    """A request for some accounts of a batch; its id is the same each time it is built."""

    custom_id: str
    batch: int
    chunk: tuple[AccountPrompt, ...]
    request: LlmRequest

    @property
    def size_bytes(self) -> int:
        """Its approximate size within the message batch."""
        return len(self.request.system.encode()) + len(self.request.prompt.encode()) + 1_000

    def max_cost(self, model_price: ModelPrice) -> int:
        """Return the maximum cost, in millionths of a dollar."""
        usage = Usage(estimate_input_tokens(self.request), self.request.max_tokens)
        return model_price.micro_usd(usage, in_batch=True)


class ReservedRequests(NamedTuple):
    """Requests of ``batches`` batches; ``micro_usd`` is what is reserved, ``stop_reason`` why they end here."""

    requests: list[BatchRequest]
    batches: int
    micro_usd: int
    stop_reason: FallbackReason | None


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Builds the requests of one simulation's batches, the lines of ``batches.jsonl``."""

    simulation_id: str
    settings: RequestSettings
    prompt_builder: AccountPromptBuilder
    batches: Sequence[Batch]

    def reserve(self, first_position: int, budget: CostBudget) -> ReservedRequests:
        """Reserve budget for as many batches, from this position on, as fit into one message batch."""
        reserved_requests: list[BatchRequest] = []
        records, size, count, reserved = 0, 0, 0, 0
        for position in range(first_position, len(self.batches)):
            requests = self.build_for([position])
            records += self.batches[position].count
            size += sum(request.size_bytes for request in requests)
            if reserved_requests and (records > MAX_RECORDS or size > MAX_BYTES):
                break
            price = sum(request.max_cost(self.settings.model_price) for request in requests)
            granted = budget.reserve(price)
            if not granted:
                stop_reason = FallbackReason.BUDGET_UNKNOWN if granted is None else FallbackReason.BUDGET_SPENT
                return ReservedRequests(reserved_requests, count, reserved, stop_reason)
            reserved_requests += requests
            count, reserved = count + 1, reserved + price
        return ReservedRequests(reserved_requests, count, reserved, None)

    def build_for(self, positions: Iterable[int]) -> list[BatchRequest]:
        """Build the requests of the batches at these positions, in order."""
        return [request for position in positions for request in self._build(self.batches[position])]

    def _build(self, batch: Batch) -> Iterator[BatchRequest]:
        mark = blake2s(self.simulation_id.encode(), digest_size=8).hexdigest()
        for chunk in group_into_calls(self.settings, self.prompt_builder.build_prompts(batch)):
            custom_id = f"{mark}-{batch.number}-{call_name(Call(chunk))}"
            yield BatchRequest(custom_id, batch.number, chunk, build_request(self.settings, chunk))
