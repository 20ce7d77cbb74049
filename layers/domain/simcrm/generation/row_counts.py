"""Count the rows that a step has generated, and where their text came from."""

from collections.abc import Mapping

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.generation.generated_files import GeneratedFile
from simcrm.generation.text.stored_texts import last_error_category, read_texts, record_text_metrics, text_counters
from simcrm.planning.batches import Batch
from simcrm.storage.simulation_files import SimulationFiles


def count_rows(
    files: SimulationFiles,
    batch: Batch,
    run_counters: RunCounters,
    generated: GeneratedFile,
    amounts: Mapping[str, int],
) -> None:
    """Count rows that were stored just now, and where their text came from."""
    stored = read_texts(files, batch.number) or {}
    results = [stored.get(index) for index in generated.text_indexes]
    run_counters.add({counters.RECORDS_GENERATED: len(generated.new_contacts), **amounts} | text_counters(results))
    if generated.new_contacts:
        record_text_metrics(stored.get(index) for index in generated.new_contacts)
        run_counters.set(last_error_category(stored.values()))
