"""The text of a batch: requested once and stored call by call, so that no retry, crash or redrive pays twice."""

import asyncio
from collections.abc import Mapping, Sequence

from simcrm.generation.text.company_name_claims import claim_company_names
from simcrm.generation.text.record_prompts import RecordPromptBuilder
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.generation.text.stored_texts import read_texts, texts_by_index
from simcrm.generation.text.text_session import TextSession
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


def _saved_call_texts(files: SimulationFiles, batch: int) -> dict[int, RecordTextResult]:
    """Read the text of calls that an earlier attempt made before it died."""
    saved: dict[int, RecordTextResult] = {}
    for name in files.list_names(file_names.call_texts_prefix(batch)):
        saved |= texts_by_index(files.read_lines(name) or [])
    return saved
