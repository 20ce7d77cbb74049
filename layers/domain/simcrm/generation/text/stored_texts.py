"""The stored text of a batch, and what is counted of it; whoever only reads it needs no generator."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from simcrm.cache import run_counters as counters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.generation.text.record_text import RecordTextResult, merge_by_index
from simcrm.llm.errors import FallbackReason
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


def read_texts(files: SimulationFiles, batch: int) -> dict[int, RecordTextResult] | None:
    """Read a batch's stored text; return None if the batch has none yet."""
    rows = files.read_lines(file_names.texts_file(batch))
    return None if rows is None else texts_by_index(rows)


def text_counters(results: Iterable[RecordTextResult | None]) -> dict[str, int]:
    """Count rows by the text result of their records, and their texts that were refused by reason."""
    counts: Counter[str] = Counter()
    for record in results:
        if record is None or record.text is None:
            counts[counters.AI_FALLBACK] += 1
        else:
            counts[counters.AI_SUCCESS] += 1
            counts[counters.AI_LATENCY_MS] += record.provenance.latency_ms
            counts.update(counters.rejected_texts_counter(reason) for reason in record.rejected.values())
    return dict(counts)


INTENDED_REASONS = {
    FallbackReason.AI_DISABLED,
    FallbackReason.NO_API_KEY,
    FallbackReason.BUDGET_SPENT,
    FallbackReason.ABORTED,
}
"""Reasons that someone chose; any other reason means that the model was wanted but failed."""


def record_text_metrics(results: Iterable[RecordTextResult | None]) -> None:
    """Count how records got their text: from the model, from the fallback, or from the sampler as intended."""
    counts: Counter[Metric] = Counter()
    for record in results:
        if record is None or record.provenance.reason in INTENDED_REASONS:
            counts[Metric.AI_SKIPPED] += 1
        else:
            counts[Metric.AI_FALLBACK if record.text is None else Metric.AI_SUCCESS] += 1
    for metric, count in counts.items():
        cloudwatch_metrics.record(metric, count)


def last_error_category(results: Iterable[RecordTextResult]) -> dict[str, str]:
    """Return the counter that names the latest failure, if there was one."""
    categories = [record.provenance.category for record in results if record.provenance.category]
    return {counters.AI_LAST_ERROR: categories[-1]} if categories else {}


def texts_by_index(rows: Iterable[Mapping[str, Any]]) -> dict[int, RecordTextResult]:
    """Return the text results of stored rows by contact."""
    return merge_by_index(RecordTextResult.model_validate(row) for row in rows)
