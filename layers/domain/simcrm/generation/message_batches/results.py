"""Results of a message batch, read line by line; each record is validated on its own."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simcrm.generation.message_batches.progress import FallbackCause
from simcrm.generation.message_batches.requests import BatchRequest
from simcrm.generation.text.record_text import RecordTextResult, fallback_result, merge_by_index
from simcrm.generation.text.result_recorder import ResultRecorder, count_rejections
from simcrm.llm.caller import LlmCallResult
from simcrm.llm.errors import FailureCategory, FallbackReason
from simcrm.llm.model_prices import ModelPrice
from simcrm.llm.providers.base import BatchResult, Usage
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

NO_USAGE = Usage()
_CATEGORIES = {
    FallbackReason.BATCH_EXPIRED: FailureCategory.TIMEOUT,
    FallbackReason.BATCH_CANCELLED: FailureCategory.UNKNOWN,
}


class ForeignBatchError(Exception):
    """The message batch contains a request that is not ours."""


@dataclass(slots=True)
class BatchResults:
    """The results of a message batch's records, by batch, with usage and cost (in millionths of a dollar)."""

    results: defaultdict[int, list[RecordTextResult]] = field(default_factory=lambda: defaultdict(list))
    usage: Usage = NO_USAGE
    micro_usd: int = 0

    def add_usage(self, used: Usage, model_price: ModelPrice) -> None:
        """Add a response's tokens and cost."""
        sums = (self.usage.input_tokens + used.input_tokens, self.usage.output_tokens + used.output_tokens)
        self.usage = Usage(*sums)
        self.micro_usd += model_price.micro_usd(used, in_batch=True)

    @property
    def records(self) -> int:
        """The number of records."""
        return sum(map(len, self.results.values()))

    @property
    def by_model(self) -> int:
        """The number of records with text written by the model."""
        return sum(record.text is not None for records in self.results.values() for record in records)


def collect_results(
    results: Iterable[BatchResult], requests: Iterable[BatchRequest], recorder: ResultRecorder, model_price: ModelPrice
) -> BatchResults:
    """Validate all results; a request without a result falls back.

    Raises:
        ForeignBatchError: the results belong to another message batch; nothing must be stored.
        LlmCallError: reading was interrupted; nothing must be stored.
    """
    pending = {each.custom_id: each for each in requests}
    custom_ids, collected = set(pending), BatchResults()
    for result in results:
        if result.custom_id not in custom_ids:
            raise ForeignBatchError
        request = pending.pop(result.custom_id, None)
        if request is not None:
            collected.results[request.batch] += _to_results(result, request, recorder)
            if result.response is not None:
                collected.add_usage(result.response.usage, model_price)
    for request in pending.values():
        collected.results[request.batch] += _fallback_results(request, FallbackReason.BATCH_MISSING, recorder)
    for batch, records in collected.results.items():
        collected.results[batch] = list(merge_by_index(records).values())
    return collected


def _to_results(result: BatchResult, request: BatchRequest, recorder: ResultRecorder) -> Iterable[RecordTextResult]:
    if result.response is None:
        return _fallback_results(request, result.reason or FallbackReason.BATCH_ERRORED, recorder)
    call_result = LlmCallResult(result.response, attempts=1, latency_ms=0)
    outcome = recorder.record(request.chunk, call_result, request.request.system, is_last=True)
    count_rejections(outcome.rejected)
    return outcome.results


def _fallback_results(
    request: BatchRequest, reason: FallbackReason, recorder: ResultRecorder
) -> Iterator[RecordTextResult]:
    category = _CATEGORIES.get(reason, FailureCategory.MODEL_ERROR)
    return recorder.fail(request.chunk, category, reason)


class TextStore:
    """The ``words/`` of a simulation; saving the same text twice changes nothing."""

    def __init__(self, files: SimulationFiles, batches: Sequence[Batch]) -> None:
        self._files, self.batches = files, batches

    def save(self, results: Mapping[int, Iterable[RecordTextResult]]) -> None:
        """Store the results of records, by batch number."""
        for number, records in results.items():
            rows = sorted(records, key=lambda record: record.index)
            name = file_names.call_texts_file(number, f"{rows[0].index:07d}")
            self._files.write_lines(name, (record.to_row() for record in rows))

    def save_fallbacks(self, batch_positions: Iterable[int], cause: FallbackCause) -> None:
        """Store that all records in some lines of ``batches.jsonl`` fall back."""
        for position in batch_positions:
            batch = self.batches[position]
            self.save({batch.number: [fallback_result(index, cause.reason, cause.category) for index in batch.indexes]})
