"""Store the activities of one wave, which were generated with their batch; no generator is needed for it."""

import logging
from dataclasses import dataclass

from simcrm.cache.run_counters import RunCounters
from simcrm.core.log import log_event
from simcrm.generation.generated_files import store_rows
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.batch_history import read_history
from simcrm.storage.previous_values import rows_with_previous
from simcrm.storage.simulation_files import SimulationFiles


@dataclass(frozen=True, slots=True)
class ActivityWave:
    """Where the activities of a wave are stored, the step that writes them, and how many there are."""

    source: str
    step: str
    count: int


def generate_activity_wave(files: SimulationFiles, batch: Batch, wave: int, run_counters: RunCounters) -> ActivityWave:
    """Store the activities of one wave of a batch, as they were generated with the batch.

    Changes also hold the values that they replace, so that the writer recognizes what people changed in the meantime.
    """
    step, history = file_names.wave_step(wave), read_history(files, batch.number)
    rows = None if history is None or step not in history.rows else rows_with_previous(history.rows, step)
    if rows is None:
        log_event(
            "HISTORY_MISSING",
            "the batch was begun by an earlier version, which did not store its activities: they are left out",
            level=logging.WARNING,
            simulationId=files.simulation_id,
            batch=batch.number,
            wave=wave,
        )
    source = file_names.activities_file(batch.number, wave)
    count = store_rows(files, batch, source, rows or [], run_counters)
    log_event(
        "WAVE_GENERATED",
        "activities are ready",
        simulationId=files.simulation_id,
        batch=batch.number,
        wave=wave,
        count=count,
    )
    return ActivityWave(source, step, count)
