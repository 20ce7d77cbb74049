"""Parcels: the requests of several batches that go out as one message batch."""

from collections.abc import Iterable, Iterator
from hashlib import blake2s
from typing import NamedTuple, Protocol

from simcrm.generation.text.prompt_requests import RequestSettings, chunks, expected_input, request_for
from simcrm.generation.text.record_prompts import RecordBrief
from simcrm.llm.errors import Reason
from simcrm.llm.model_prices import Model
from simcrm.llm.providers.base import ModelRequest, Usage
from simcrm.llm.rate_limit.cost_budget import Budget
from simcrm.planning.batches import Batch

MOST_RECORDS = 10_000
"""Of a parcel. Anthropic takes 100,000 requests and 256 MB; a function holds one parcel in its memory."""
MOST_BYTES = 32_000_000


class Maker(Protocol):
    """Who knows what the model is told of a batch's records."""

    def briefs(self, batch: Batch) -> list[RecordBrief]:
        """The same for the same batch, whoever asks."""


class Asked(NamedTuple):
    """A request for some records of a batch; the id is the same whenever it is made."""

    custom_id: str
    batch: int
    chunk: tuple[RecordBrief, ...]
    request: ModelRequest

    @property
    def bytes(self) -> int:
        """About how much of the parcel it is."""
        return len(self.request.system.encode()) + len(self.request.prompt.encode()) + 1_000

    def most(self, model: Model) -> int:
        """The most it can cost, in millionths of a dollar."""
        usage = Usage(expected_input(self.request), self.request.max_tokens)
        return model.micro_usd(usage, in_batch=True)


class Load(NamedTuple):
    """Requests of so many batches; ``reserved`` in millionths of a dollar, ``refusal`` why there are no more."""

    asked: list[Asked]
    batches: int
    reserved: int
    refusal: Reason | None


class Packer(NamedTuple):
    """Makes the requests of one simulation."""

    simulation_id: str
    settings: RequestSettings
    maker: Maker

    def load(self, batches: Iterable[Batch], budget: Budget) -> Load:
        """Reserve the money for as many batches as fit into a parcel."""
        asked: list[Asked] = []
        records, size, count, reserved = 0, 0, 0, 0
        for batch in batches:
            requests = list(self.pack([batch]))
            records, size = records + batch.count, size + sum(request.bytes for request in requests)
            if asked and (records > MOST_RECORDS or size > MOST_BYTES):
                break
            price = sum(request.most(self.settings.model) for request in requests)
            granted = budget.reserve(price)
            if not granted:
                refusal = Reason.BUDGET_UNKNOWN if granted is None else Reason.BUDGET_SPENT
                return Load(asked, count, reserved, refusal)
            asked += requests
            count, reserved = count + 1, reserved + price
        return Load(asked, count, reserved, None)

    def pack(self, batches: Iterable[Batch]) -> Iterator[Asked]:
        """The requests of batches, in their order."""
        mark = blake2s(self.simulation_id.encode(), digest_size=8).hexdigest()
        for batch in batches:
            for chunk in chunks(self.settings, self.maker.briefs(batch)):
                custom_id = f"{mark}-{batch.number}-{chunk[0].index}"
                yield Asked(custom_id, batch.number, chunk, request_for(self.settings, chunk))
