"""The words of a batch: asked for once, stored call by call, so that no retry, kill or redrive pays twice."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simcrm.cache import run_counters as counters
from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Measure
from simcrm.generation.batch_generator import BatchGenerator
from simcrm.generation.text.company_name_claims import name_companies
from simcrm.generation.text.record_text import Told
from simcrm.generation.text.text_session import Studio
from simcrm.llm.errors import Reason
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts


def words_of(artifacts: Artifacts, maker: BatchGenerator, batch: Batch, studio: Studio) -> Mapping[int, Told]:
    """What became of the words of each record of a batch."""
    if (stored := read_words(artifacts, batch.number)) is not None:
        return stored
    paid = _paid(artifacts, batch.number)

    def keep(told: Sequence[Told]) -> None:
        if told:
            artifacts.write_lines(
                file_names.call_words(batch.number, told[0].index), [record.to_row() for record in told]
            )

    briefs = [brief for brief in maker.briefs(batch) if brief.index not in paid]
    told = paid | asyncio.run(studio.tell(briefs, keep))
    facts = {index: maker.generator.facts(index) for index in batch.indexes}
    named = name_companies(studio.shared, studio.simulation_id, [told[index] for index in batch.indexes], facts)
    artifacts.write_lines(file_names.words(batch.number), [record.to_row() for record in named])
    return {record.index: record for record in named}


def read_words(artifacts: Artifacts, batch: int) -> dict[int, Told] | None:
    """The words of a batch that were asked for before; None where they never were."""
    rows = artifacts.read_lines(file_names.words(batch))
    return None if rows is None else _by_index(rows)


def tally(told: Iterable[Told | None]) -> dict[str, int]:
    """The counters of rows, each given by what became of its record's words."""
    counts: Counter[str] = Counter()
    for record in told:
        if record is None or record.words is None:
            counts[counters.AI_FALLBACK] += 1
        else:
            counts[counters.AI_SUCCESS] += 1
            counts[counters.AI_LATENCY_MS] += record.origin.latency_ms
    return dict(counts)


BY_CHOICE = {Reason.AI_DISABLED, Reason.NO_API_KEY, Reason.BUDGET_SPENT, Reason.ABORTED}
"""Reasons that somebody has decided on; every other one is a model that was wanted and failed."""


def measure_words(told: Iterable[Told | None]) -> None:
    """Count how the words of records were made: by the model, by the fallback, or by the sampler alone as wanted."""
    ends: Counter[Measure] = Counter()
    for record in told:
        if record is None or record.origin.reason in BY_CHOICE:
            ends[Measure.AI_SKIPPED] += 1
        else:
            ends[Measure.AI_FALLBACK if record.words is None else Measure.AI_SUCCESS] += 1
    for measure, count in ends.items():
        cloudwatch_metrics.add(measure, count)


def last_category(told: Iterable[Told]) -> dict[str, str]:
    """The counter that names the latest failure, if there was one."""
    categories = [record.origin.category for record in told if record.origin.category]
    return {counters.AI_LAST_ERROR: categories[-1]} if categories else {}


def _paid(artifacts: Artifacts, batch: int) -> dict[int, Told]:
    """The words of calls that an earlier attempt had made before it died."""
    found: dict[int, Told] = {}
    for name in artifacts.names(file_names.batch_words(batch)):
        found |= _by_index(artifacts.read_lines(name) or [])
    return found


def _by_index(rows: Iterable[Mapping[str, Any]]) -> dict[int, Told]:
    told = (Told.model_validate(row) for row in rows)
    return {record.index: record for record in told}
