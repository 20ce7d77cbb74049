"""The progress of a simulation's text, in ``parcels.json``: written before each step that costs money."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.llm.errors import FailureCategory
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles


class _JobDocument(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class MessageBatchState(StrEnum):
    """SUBMITTING is written before the provider is called: from then on it may have the message batch."""

    SUBMITTING = "SUBMITTING"
    SUBMITTED = "SUBMITTED"
    SETTLED = "SETTLED"


class MessageBatch(_JobDocument):
    """Batches ``first`` to ``last`` (lines of ``batches.jsonl``), submitted as one message batch at ``at``.

    ``reserved`` is in millionths of a dollar.
    """

    first: int
    last: int
    requests: int
    reserved: int
    at: AwareDatetime
    state: MessageBatchState = MessageBatchState.SUBMITTING
    batch_id: str | None = None


class FallbackCause(_JobDocument):
    """Why records fall back."""

    category: FailureCategory | None = None
    reason: str


class JobProgress(_JobDocument):
    """``next`` is the first batch that is not in a message batch yet.

    ``parcels`` are the message batches. ``strangers`` are message batches that were mistaken for ours.
    ``failing_since`` is when the provider began to refuse message batches that it may accept later. ``rest`` is why the
    batches that are not in a message batch fall back.
    """

    next: int = 0
    parcels: tuple[MessageBatch, ...] = ()
    strangers: tuple[str, ...] = ()
    failing_since: AwareDatetime | None = None
    rest: FallbackCause | None = None

    @property
    def open_batches(self) -> list[MessageBatch]:
        """The message batches whose results are pending."""
        return [message_batch for message_batch in self.parcels if message_batch.state is not MessageBatchState.SETTLED]

    def with_batch(self, message_batch: MessageBatch) -> "JobProgress":
        """Return the progress with a message batch added or updated."""
        others = [other for other in self.parcels if other.first != message_batch.first]
        message_batches = tuple(sorted([*others, message_batch], key=lambda each: each.first))
        return self.model_copy(update={"parcels": message_batches, "next": max(self.next, message_batch.last + 1)})

    def without_batch(self, message_batch: MessageBatch) -> "JobProgress":
        """Return the progress without the latest message batch."""
        message_batches = tuple(other for other in self.parcels if other.first != message_batch.first)
        return self.model_copy(update={"parcels": message_batches, "next": message_batch.first})


class JobProgressFile:
    """The progress as this invocation last read or wrote it; it never overwrites another invocation's."""

    def __init__(self, files: SimulationFiles) -> None:
        self._artifacts = files
        progress, self._version = files.read_version(file_names.MESSAGE_BATCHES, JobProgress)
        self.progress = progress or JobProgress()

    def save(self, progress: JobProgress) -> None:
        """Save the progress.

        Raises:
            ConcurrentWriteError: another invocation is working on it.
        """
        self._version = self._artifacts.write_version(file_names.MESSAGE_BATCHES, progress, self._version)
        self.progress = progress
