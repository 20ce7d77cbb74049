"""The text of a batch: requested once and stored call by call, so that no retry, crash or redrive pays twice."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simcrm.cache import run_counters as counters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.generation.text.company_name_claims import claim_company_names
from simcrm.generation.text.record_prompts import RecordPromptBuilder
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.errors import FallbackReason
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


def texts_for_batch(
    files: SimulationFiles, histories: AccountHistories, batch: Batch, session: TextSession
) -> Mapping[int, RecordTextResult]:
    """Return the text result of each record of a batch, requesting what is not stored yet."""
    if (stored := read_texts(files, batch.number)) is not None:
        return stored
    saved = _saved_call_texts(files, batch.number)

    def save(results: Sequence[RecordTextResult]) -> None:
        if results:
            files.write_lines(
                file_names.call_texts_file(batch.number, results[0].index), [record.to_row() for record in results]
            )

    prompts = RecordPromptBuilder(histories).build_prompts(batch)
    record_prompts = [record_prompt for record_prompt in prompts if record_prompt.index not in saved]
    results = saved | asyncio.run(session.write_texts(record_prompts, save))
    facts = {index: histories.generator.facts(index) for index in batch.indexes}
    claimed = claim_company_names(
        session.cache, session.simulation_id, [results[index] for index in batch.indexes], facts
    )
    files.write_lines(file_names.texts_file(batch.number), [record.to_row() for record in claimed])
    return {record.index: record for record in claimed}


def read_texts(files: SimulationFiles, batch: int) -> dict[int, RecordTextResult] | None:
    """Read a batch's stored text; return None if the batch has none yet."""
    rows = files.read_lines(file_names.texts_file(batch))
    return None if rows is None else _by_index(rows)


def text_counters(results: Iterable[RecordTextResult | None]) -> dict[str, int]:
    """Count rows by the text result of their records."""
    counts: Counter[str] = Counter()
    for record in results:
        if record is None or record.text is None:
            counts[counters.AI_FALLBACK] += 1
        else:
            counts[counters.AI_SUCCESS] += 1
            counts[counters.AI_LATENCY_MS] += record.provenance.latency_ms
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


def _saved_call_texts(files: SimulationFiles, batch: int) -> dict[int, RecordTextResult]:
    """Read the text of calls that an earlier attempt made before it died."""
    saved: dict[int, RecordTextResult] = {}
    for name in files.list_names(file_names.call_texts_prefix(batch)):
        saved |= _by_index(files.read_lines(name) or [])
    return saved


def _by_index(rows: Iterable[Mapping[str, Any]]) -> dict[int, RecordTextResult]:
    results = (RecordTextResult.model_validate(row) for row in rows)
    return {record.index: record for record in results}
