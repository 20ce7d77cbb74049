"""Generate a batch's pairs and, wave by wave, its activities; count and log what was generated."""

from collections.abc import Callable
from dataclasses import dataclass

from simcrm.cache import run_counters as counters
from simcrm.cache.run_counters import RunCounters
from simcrm.core.json_types import JsonObject
from simcrm.core.log import log_event
from simcrm.generation.generated_files import GeneratedFile, generate_contacts, generate_wave
from simcrm.generation.row_generator import RowGenerator
from simcrm.generation.text.batch_texts import (
    last_error_category,
    read_texts,
    record_text_metrics,
    text_counters,
    texts_for_batch,
)
from simcrm.generation.text.text_session import TextSession
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan, read_plan
from simcrm.planning.waves import wave_rows
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


@dataclass(frozen=True, slots=True)
class ContactBatch:
    """Where the pairs of a batch are stored, how many there are, and when its waves are due."""

    source: str
    count: int
    waves: list[JsonObject]


@dataclass(frozen=True, slots=True)
class ActivityWave:
    """Where the activities of a wave are stored, the step that writes them, and how many there are."""

    source: str
    step: str
    count: int


def generate_contact_batch(
    files: SimulationFiles,
    batch: Batch,
    run_counters: RunCounters,
    open_session: Callable[[SimulationPlan], TextSession | None],
    is_aborted: Callable[[], bool],
) -> ContactBatch:
    """Generate the pairs of a batch, unless the run is aborted; without a session, no model writes their text."""
    nothing = ContactBatch(file_names.records_file(batch.number), 0, [])
    if is_aborted():  # do not pay for text that will not be written to the portal
        return nothing
    generator = RowGenerator.from_plan(read_plan(files))
    session = open_session(generator.plan)
    if session is not None:
        generator = generator.with_texts(texts_for_batch(files, generator.timelines, batch, session))
        if is_aborted():
            return nothing
    generated, waves = generate_contacts(files, generator, batch), generator.waves(batch)
    if generated.was_created:
        _count_contacts(run_counters, generator, generated, sum(len(wave) for wave in waves))
    log_event(
        "BATCH_GENERATED",
        "pairs are ready",
        simulationId=files.simulation_id,
        batch=batch.number,
        count=generated.count,
    )
    return ContactBatch(generated.source, generated.count, wave_rows(waves))


def _count_contacts(
    run_counters: RunCounters, generator: RowGenerator, generated: GeneratedFile, activities: int
) -> None:
    results = [generator.text_results.get(index) for index in generated.indexes]
    amounts = {counters.RECORDS_GENERATED: generated.count, counters.ACTIVITIES_PLANNED: activities}
    run_counters.add(amounts | text_counters(results))
    record_text_metrics(results)
    run_counters.set(last_error_category(generator.text_results.values()))


def generate_activity_wave(files: SimulationFiles, batch: Batch, wave: int, run_counters: RunCounters) -> ActivityWave:
    """Generate the activities of one wave of a batch, with the text that is stored for it."""
    generator = RowGenerator.from_plan(read_plan(files)).with_texts(read_texts(files, batch.number) or {})
    generated = generate_wave(files, generator, batch, wave)
    if generated.was_created:
        run_counters.add(text_counters(generator.text_results.get(index) for index in generated.indexes))
    log_event(
        "WAVE_GENERATED",
        "activities are ready",
        simulationId=files.simulation_id,
        batch=batch.number,
        wave=wave,
        count=generated.count,
    )
    return ActivityWave(generated.source, file_names.wave_step(wave), generated.count)
