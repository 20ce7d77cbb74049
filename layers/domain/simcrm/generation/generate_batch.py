"""Generate a batch once, store its rows step by step, and count and log them."""

from collections.abc import Callable
from dataclasses import dataclass

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core.json_types import JsonObject
from simcrm.core.log import log_event
from simcrm.generation.generated_files import store_rows
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.batch_texts import texts_for_batch
from simcrm.generation.text.text_session import TextSession
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.planning.waves import plan_waves, wave_rows
from simcrm.storage import file_names
from simcrm.storage.abort_marker import IsAborted, abort_checker
from simcrm.storage.batch_history import BatchHistory, read_history, write_history
from simcrm.storage.simulation_files import SimulationFiles


@dataclass(frozen=True, slots=True)
class ContactBatch:
    """Where the contacts of a batch are stored with their companies, how many there are, and when its waves are due."""

    source: str
    count: int
    waves: list[JsonObject]


def generate_contact_batch(
    files: SimulationFiles,
    batch: Batch,
    run_counters: RunCounters,
    open_session: Callable[[SimulationPlan, IsAborted], TextSession | None],
) -> ContactBatch:
    """Generate a batch, unless the run is aborted, and store its contacts; without a session, no model writes text."""
    is_aborted, nothing = abort_checker(files), ContactBatch(file_names.records_file(batch.number), 0, [])
    if is_aborted():  # do not pay for text that will not be written to the portal
        return nothing
    history = read_history(files, batch.number)
    if history is None:
        generator = RowGenerator.from_plan(read_plan(files))
        session = open_session(generator.plan, is_aborted)
        if session is not None:
            generator = generator.with_texts(texts_for_batch(files, generator.histories, batch, session))
            if is_aborted():
                return nothing
        history = generate_history(generator, batch)
        write_history(files, batch.number, history)
    source, rows = file_names.records_file(batch.number), history.rows[file_names.CONTACTS_STEP]
    planned = sum(wave["count"] for wave in history.waves)
    count = store_rows(files, batch, source, rows, run_counters, amounts={counters.ACTIVITIES_PLANNED: planned})
    log_event(
        "BATCH_GENERATED",
        "contacts and companies are ready",
        simulationId=files.simulation_id,
        batch=batch.number,
        count=count,
    )
    return ContactBatch(source, count, history.waves)


def generate_history(generator: RowGenerator, batch: Batch) -> BatchHistory:
    """Generate everything that happens in a batch."""
    activities = generator.activity_rows(batch)
    timed = ((item.at, item.row["index"], place) for place, item in enumerate(activities))
    waves = plan_waves(timed, generator.plan.pace, generator.histories.max_waves)
    rows = {file_names.CONTACTS_STEP: generator.contact_rows(batch)}
    for number, wave in enumerate(waves):
        rows[file_names.wave_step(number)] = [activities[timed.event].row for timed in wave]
    return BatchHistory(rows, wave_rows(waves))
