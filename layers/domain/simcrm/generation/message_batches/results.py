"""Results of a message batch, taken in line by line; each record is judged alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simcrm.generation.message_batches.progress import Fall
from simcrm.generation.message_batches.requests import Asked
from simcrm.generation.text.record_text import Told, fallen
from simcrm.generation.text.text_writer import Scribe
from simcrm.llm.caller import Called
from simcrm.llm.errors import Category, Reason
from simcrm.llm.model_prices import Model
from simcrm.llm.providers.base import Result, Usage
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts

NOTHING = Usage()
_CATEGORIES = {Reason.BATCH_EXPIRED: Category.TIMEOUT, Reason.BATCH_CANCELLED: Category.UNKNOWN}


class NotOursError(Exception):
    """The message batch holds a request that this parcel does not have."""


@dataclass(slots=True)
class Harvest:
    """What became of the records of a parcel, by batch, and what it took; the cost in millionths of a dollar."""

    told: defaultdict[int, list[Told]] = field(default_factory=lambda: defaultdict(list))
    usage: Usage = NOTHING
    micro_usd: int = 0

    def book(self, used: Usage, model: Model) -> None:
        """Add an answer's tokens and price."""
        sums = (self.usage.input_tokens + used.input_tokens, self.usage.output_tokens + used.output_tokens)
        self.usage = Usage(*sums)
        self.micro_usd += model.micro_usd(used, in_batch=True)

    @property
    def records(self) -> int:
        """How many there are."""
        return sum(map(len, self.told.values()))

    @property
    def by_model(self) -> int:
        """How many records have the model's words."""
        return sum(record.words is not None for records in self.told.values() for record in records)


def take_in(results: Iterable[Result], asked: Iterable[Asked], scribe: Scribe, model: Model) -> Harvest:
    """Judge all results; a request without one falls back.

    Raises:
        NotOursError: the results are of another parcel; nothing is to be kept.
        CallFailedError: reading broke off; nothing is to be kept.
    """
    waiting = {each.custom_id: each for each in asked}
    known, harvest = set(waiting), Harvest()
    for result in results:
        if result.custom_id not in known:
            raise NotOursError
        request = waiting.pop(result.custom_id, None)
        if request is not None:
            harvest.told[request.batch] += _judged(result, request, scribe)
            if result.answer is not None:
                harvest.book(result.answer.usage, model)
    for request in waiting.values():
        harvest.told[request.batch] += _fallen(request, Reason.BATCH_MISSING, scribe)
    return harvest


def _judged(result: Result, request: Asked, scribe: Scribe) -> Iterator[Told]:
    if result.answer is None:
        return _fallen(request, result.reason or Reason.BATCH_ERRORED, scribe)
    called = Called(result.answer, attempts=1, latency_ms=0)
    told, bad = scribe.sort(request.chunk, called)
    return iter([*told, *scribe.useless(bad, called, len(request.chunk))])


def _fallen(request: Asked, reason: Reason, scribe: Scribe) -> Iterator[Told]:
    category = _CATEGORIES.get(reason, Category.MODEL_ERROR)
    return (scribe.fall(brief, category, reason) for brief in request.chunk)


class Shelf:
    """The ``words/`` of a simulation; putting the same words twice changes nothing."""

    def __init__(self, artifacts: Artifacts, batches: Sequence[Batch]) -> None:
        self._artifacts, self._batches = artifacts, batches

    def put(self, told: Mapping[int, Iterable[Told]]) -> None:
        """Keep what became of records, by the number of their batch."""
        for number, records in told.items():
            rows = sorted(records, key=lambda record: record.index)
            name = file_names.call_words(number, rows[0].index)
            self._artifacts.write_lines(name, (record.to_row() for record in rows))

    def put_fallen(self, places: Iterable[int], fall: Fall) -> None:
        """Keep that all records of some lines of ``batches.jsonl`` fall back."""
        for place in places:
            batch = self._batches[place]
            self.put({batch.number: [fallen(index, fall.reason, fall.category) for index in batch.indexes]})
