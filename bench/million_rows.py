"""The rows of many batches as the generator makes them, in a fraction of its time.

Keys, their order, their associations and the stages of contacts are those of each account's own history. Words are
those of one batch that is generated in full, over and over: what reads a ledger looks at none of them. Line items name
no products, because the catalogue is not among the batches.
"""

from collections.abc import Iterator
from itertools import cycle

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.generate_batch import generate_history
from simcrm.generation.row_generator import RowGenerator
from simcrm.lifecycle.account_events import contact_stage
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.batch_history import BatchHistory, write_history
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.synthetic.activity_properties import activity_properties


class Rows:
    """The rows of batches of a run that writes everything at once, with the words of one of its batches."""

    def __init__(self, generator: RowGenerator, sample: Batch) -> None:
        self._histories = generator.histories
        made = generate_history(generator, sample)
        self._pairs: list[JsonObject] = made.rows[file_names.CONTACTS_STEP]
        activities = [row for row in made.all_rows() if "type" in row]
        self._words: dict[ObjectType, Iterator[Properties]] = {
            kind: cycle([row["properties"] for row in activities if row["type"] == kind])
            for kind in {row["type"] for row in activities}
        }

    def write(self, files: SimulationFiles, batch: Batch) -> dict[str, str]:
        """Write the history and the rows of a batch; the names of the rows by the steps that write them."""
        rows, waves = {file_names.CONTACTS_STEP: list(self._contact_rows(batch))}, list[JsonObject]()
        if activities := list(self._activity_rows(batch)):
            rows[file_names.wave_step(0)] = activities
            waves = [{"wave": 0, "dueAt": to_iso_utc(batch.due_at), "count": len(activities)}]
        write_history(files, batch.number, BatchHistory(rows, waves))
        for step, some in rows.items():
            files.write_lines(file_names.source_file(batch.number, step), some)
        return {step: file_names.source_file(batch.number, step) for step in rows}

    def _contact_rows(self, batch: Batch) -> Iterator[JsonObject]:
        for index, pair in zip(batch.indexes, cycle(self._pairs), strict=False):
            account, position = self._histories.place(index)
            stage = contact_stage(self._histories.history(account).story, position, self._histories.cutoff)
            contact = pair["contact"] | {"lifecyclestage": stage}
            yield pair | {"index": index, "companyIndex": account, "contact": contact}

    def _activity_rows(self, batch: Batch) -> Iterator[JsonObject]:
        for index in batch.indexes:
            for event in self._histories.events(index):
                yield self._activity_row(index, event)

    def _activity_row(self, index: int, event: ActivityEvent) -> JsonObject:
        account = self._histories.company_index(index)
        first = self._histories.contacts(account).start
        in_deal = event.deal is not None and event.object_type is not ObjectType.DEALS
        return {
            "index": index,
            "companyIndex": account,
            "type": event.object_type,
            "ordinal": event.ordinal,
            "contacts": [first + position for position in event.contacts],
            "deals": [[first + event.deal.main, event.deal.number]] if event.deal and in_deal else [],
            "properties": self._properties(account, event),
        }

    def _properties(self, account: int, event: ActivityEvent) -> Properties:
        words = self._words.get(event.object_type)
        if words is not None:
            return next(words)
        history = self._histories.history(account)  # the batch with the words has none of this type
        return activity_properties(self._histories.writer(history, event.at), event)
