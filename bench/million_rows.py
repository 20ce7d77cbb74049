"""The rows of many batches as the generator makes them, in a fraction of its time.

Keys, their order and the stages of contacts are those of each record's own life. Words are those of one batch that is
generated in full, over and over: what reads a ledger looks at none of them.
"""

from collections.abc import Iterator
from itertools import cycle

from simcrm.core.json_types import JsonObject
from simcrm.generation.row_generator import RowGenerator
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.batches import Batch
from simcrm.planning.waves import TimedActivity
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


class Rows:
    """The rows of batches that are written at once, with the words of one of them."""

    def __init__(self, maker: RowGenerator, sample: Batch) -> None:
        self._maker = maker
        self._pairs = maker.contact_rows(sample)
        self._words: dict[str, Iterator[JsonObject]] = {}
        made = [row for wave in maker.waves(sample) for row in maker.activity_rows(wave)]
        for kind in {row["type"] for row in made}:
            self._words[kind] = cycle([row["properties"] for row in made if row["type"] == kind])

    def write(self, artifacts: SimulationFiles, batch: Batch) -> dict[str, str]:
        """Write the rows of a batch; their names by the steps that write them."""
        sources = {file_names.CONTACTS_STEP: file_names.records_file(batch.number)}
        artifacts.write_lines(file_names.records_file(batch.number), self._of_pairs(batch))
        if activities := list(self._of_activities(batch)):
            sources[file_names.wave_step(0)] = file_names.activities_file(batch.number, 0)
            artifacts.write_lines(file_names.activities_file(batch.number, 0), activities)
        return sources

    def _of_pairs(self, batch: Batch) -> Iterator[JsonObject]:
        for index, pair in zip(batch.indexes, cycle(self._pairs), strict=False):
            yield {**pair, "index": index, "companyIndex": self._maker.timelines.company_index(index)}

    def _of_activities(self, batch: Batch) -> Iterator[JsonObject]:
        lives = zip(batch.indexes, self._maker.timelines.for_batch(batch), strict=True)
        timed = [(event.at, index, place, event) for index, life in lives for place, event in enumerate(life)]
        for _, index, place, event in sorted(timed, key=lambda item: item[:3]):
            yield self._activity(batch, index, place, event)

    def _activity(self, batch: Batch, index: int, place: int, event: ActivityEvent) -> JsonObject:
        words = self._words.get(event.object_type)
        if words is None:  # the batch with the words has none of this type
            return self._maker.activity_rows([TimedActivity(batch.due_at, index, place)])[0]
        is_stage = event.object_type is ObjectType.CONTACTS
        return {
            "index": index,
            "companyIndex": self._maker.timelines.company_index(index),
            "type": event.object_type,
            "ordinal": event.ordinal,
            "dealOrdinal": None if event.deal is None else 0,
            "properties": {"lifecyclestage": event.stage} if is_stage else next(words),
        }
