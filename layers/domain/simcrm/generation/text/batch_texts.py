"""The text of a batch: requested once and stored call by call, so that no retry, crash or redrive pays twice."""

import asyncio
from collections.abc import Mapping, Sequence

from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.account_prompts import TextId
from simcrm.generation.text.company_name_claims import claim_company_names
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.generation.text.record_text import RecordTextResult, merge_by_index
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

    def save(call: str, results: Sequence[RecordTextResult]) -> None:
        files.write_lines(file_names.call_texts_file(batch.number, call), [record.to_row() for record in results])

    prompts = AccountPromptBuilder(histories).build_prompts(batch)
    left = [account.only(lambda text_id: not _is_settled(saved, text_id)) for account in prompts]
    accounts = [account for account in left if not account.is_empty]
    written = asyncio.run(session.write_texts(accounts, save, GateFactory(histories.generator).gate))
    results = merge_by_index([*saved.values(), *written.values()])
    facts = {index: histories.generator.facts(index) for index in batch.indexes}
    claimed = claim_company_names(
        session.cache, session.simulation_id, [results[index] for index in batch.indexes], facts
    )
    files.write_lines(file_names.texts_file(batch.number), [record.to_row() for record in claimed])
    return {record.index: record for record in claimed}


def _is_settled(saved: Mapping[int, RecordTextResult], text_id: TextId) -> bool:
    index, key = text_id
    return index in saved and saved[index].is_settled(key)


def _saved_call_texts(files: SimulationFiles, batch: int) -> dict[int, RecordTextResult]:
    """Read the text of calls that an earlier attempt made before it died."""
    names = files.list_names(file_names.call_texts_prefix(batch))
    return texts_by_index(row for name in names for row in files.read_lines(name) or [])
