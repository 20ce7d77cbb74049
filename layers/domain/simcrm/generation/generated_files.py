"""The files of a step's rows: each is written and counted once, even if its step is retried, redriven or resumed."""

from collections.abc import Mapping

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core.json_types import JsonObject
from simcrm.generation.text.stored_texts import last_error_category, read_texts, record_text_metrics, text_counters
from simcrm.models.crm_objects import ObjectType
from simcrm.planning.batches import Batch
from simcrm.storage.simulation_files import SimulationFiles


def store_rows(
    files: SimulationFiles,
    batch: Batch,
    name: str,
    rows: list[JsonObject],
    run_counters: RunCounters,
    *,
    amounts: Mapping[str, int] | None = None,
) -> int:
    """Store the rows of a step, unless an earlier attempt has done so, and return how many there are.

    Rows that are stored now are counted, with where their text came from and these further ``amounts`` by counter.
    """
    existing = files.read_lines(name)
    if existing is not None:
        return len(existing)
    files.write_lines(name, rows)
    _count_rows(files, batch, rows, run_counters, amounts or {})
    return len(rows)


def _count_rows(
    files: SimulationFiles, batch: Batch, rows: list[JsonObject], run_counters: RunCounters, amounts: Mapping[str, int]
) -> None:
    stored = read_texts(files, batch.number) or {}
    new_contacts = [row["index"] for row in rows if "type" not in row or row.get("isNew")]
    with_text = [row["index"] for row in rows if row.get("type") != ObjectType.CONTACTS or row.get("isNew")]
    texts = text_counters([stored.get(index) for index in with_text])
    run_counters.add({counters.RECORDS_GENERATED: len(new_contacts), **amounts} | texts)
    if new_contacts:
        record_text_metrics(stored.get(index) for index in new_contacts)
        run_counters.set(last_error_category(stored.values()))
