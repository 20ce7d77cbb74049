"""Parcels: the requests of several batches that go out as one message batch."""

from collections.abc import Iterable, Iterator
from hashlib import blake2s
from typing import NamedTuple, Protocol

from simcrm.generation.text.prompt_requests import (
    RequestSettings,
    build_request,
    estimate_input_tokens,
    group_into_calls,
)
from simcrm.generation.text.record_prompts import RecordPrompt
from simcrm.llm.errors import FallbackReason
from simcrm.llm.model_prices import ModelPrice
from simcrm.llm.providers.base import LlmRequest, Usage
from simcrm.llm.rate_limit.cost_budget import CostBudget
from simcrm.planning.batches import Batch

MAX_RECORDS = 10_000
"""Of a parcel. Anthropic takes 100,000 requests and 256 MB; a function holds one parcel in its memory."""
MAX_BYTES = 32_000_000


class RecordPromptSource(Protocol):
    """Who knows what the model is told of a batch's records."""

    def record_prompts(self, batch: Batch) -> list[RecordPrompt]:
        """The same for the same batch, whoever asks."""


class BatchRequest(NamedTuple):
    """A request for some records of a batch; the id is the same whenever it is made."""

    custom_id: str
    batch: int
    chunk: tuple[RecordPrompt, ...]
    request: LlmRequest

    @property
    def size_bytes(self) -> int:
        """About how much of the parcel it is."""
        return len(self.request.system.encode()) + len(self.request.prompt.encode()) + 1_000

    def max_cost(self, model_price: ModelPrice) -> int:
        """The most it can cost, in millionths of a dollar."""
        usage = Usage(estimate_input_tokens(self.request), self.request.max_tokens)
        return model_price.micro_usd(usage, in_batch=True)


class ReservedRequests(NamedTuple):
    """Requests of so many batches; ``reserved`` in millionths of a dollar, ``stop_reason`` why there are no more."""

    requests: list[BatchRequest]
    batches: int
    reserved: int
    stop_reason: FallbackReason | None


class RequestBuilder(NamedTuple):
    """Makes the requests of one simulation."""

    simulation_id: str
    settings: RequestSettings
    prompt_source: RecordPromptSource

    def reserve(self, batches: Iterable[Batch], budget: CostBudget) -> ReservedRequests:
        """Reserve the money for as many batches as fit into a parcel."""
        reserved_requests: list[BatchRequest] = []
        records, size, count, reserved = 0, 0, 0, 0
        for batch in batches:
            requests = list(self.build([batch]))
            records, size = records + batch.count, size + sum(request.size_bytes for request in requests)
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

    def build(self, batches: Iterable[Batch]) -> Iterator[BatchRequest]:
        """The requests of batches, in their order."""
        mark = blake2s(self.simulation_id.encode(), digest_size=8).hexdigest()
        for batch in batches:
            for chunk in group_into_calls(self.settings, self.prompt_source.record_prompts(batch)):
                custom_id = f"{mark}-{batch.number}-{chunk[0].index}"
                yield BatchRequest(custom_id, batch.number, chunk, build_request(self.settings, chunk))
