"""Where the words of parcels are put: an object a batch, where its generator looks for words that are paid for."""

from collections.abc import Iterable, Mapping, Sequence

from simcrm.ai.batches.progress import Fall
from simcrm.ai.told import Told, fallen
from simcrm.planning.batches import Batch
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts


class Shelf:
    """The ``words/`` of a simulation; putting the same words twice changes nothing."""

    def __init__(self, artifacts: Artifacts, batches: Sequence[Batch]) -> None:
        self._artifacts, self._batches = artifacts, batches

    def put(self, told: Mapping[int, Iterable[Told]]) -> None:
        """Keep what became of records, by the number of their batch."""
        for number, records in told.items():
            rows = sorted(records, key=lambda record: record.index)
            name = file_names.call_words(number, rows[0].index)
            self._artifacts.write_lines(name, (record.to_row() for record in rows))

    def put_fallen(self, places: Iterable[int], fall: Fall) -> None:
        """Keep that all records of some lines of ``batches.jsonl`` fall back."""
        for place in places:
            batch = self._batches[place]
            self.put({batch.number: [fallen(index, fall.reason, fall.category) for index in batch.indexes]})
