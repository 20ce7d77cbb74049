"""The progress of a simulation's text, in ``parcels.json``: written before each step that costs money."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from simcrm.llm.errors import FailureCategory, LlmCallError
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
    """Consecutive batches (lines of ``batches.jsonl``) that are submitted as one message batch.

    ``reserved_micro_usd`` is in millionths of a dollar; ``submit_started_at`` is just before the provider is called.
    """

    first_batch: int = Field(alias="first")
    last_batch: int = Field(alias="last")
    requests: int
    reserved_micro_usd: int = Field(alias="reserved")
    submit_started_at: AwareDatetime = Field(alias="at")
    state: MessageBatchState = MessageBatchState.SUBMITTING
    batch_id: str | None = None

    @property
    def positions(self) -> range:
        """The positions of its batches in ``batches.jsonl``."""
        return range(self.first_batch, self.last_batch + 1)


class FallbackCause(_JobDocument):
    """Why records fall back."""

    category: FailureCategory | None = None
    reason: str

    @classmethod
    def from_failure(cls, failure: LlmCallError) -> "FallbackCause":
        """Create the cause from the failure of a call."""
        return cls(category=failure.category, reason=failure.reason)


class JobProgress(_JobDocument):
    """``next_batch`` is the first batch that is not in a message batch yet.

    ``foreign_batch_ids`` are message batches that were mistaken for this simulation's. ``failing_since`` is when the
    provider began to refuse message batches that it may accept later. ``remaining_fallback`` is why the batches that
    are not in a message batch fall back.
    """

    next_batch: int = Field(default=0, alias="next")
    message_batches: tuple[MessageBatch, ...] = Field(default=(), alias="parcels")
    foreign_batch_ids: tuple[str, ...] = Field(default=(), alias="strangers")
    failing_since: AwareDatetime | None = None
    remaining_fallback: FallbackCause | None = Field(default=None, alias="rest")

    @property
    def open_batches(self) -> list[MessageBatch]:
        """The message batches whose results are pending."""
        return [each for each in self.message_batches if each.state is not MessageBatchState.SETTLED]

    def with_batch(self, message_batch: MessageBatch) -> "JobProgress":
        """Return the progress with a message batch added or updated."""
        message_batches = sorted([*self._others(message_batch), message_batch], key=lambda each: each.first_batch)
        next_batch = max(self.next_batch, message_batch.last_batch + 1)
        return self.model_copy(update={"message_batches": tuple(message_batches), "next_batch": next_batch})

    def without_batch(self, message_batch: MessageBatch) -> "JobProgress":
        """Return the progress without the latest message batch."""
        message_batches = tuple(self._others(message_batch))
        return self.model_copy(update={"message_batches": message_batches, "next_batch": message_batch.first_batch})

    def _others(self, message_batch: MessageBatch) -> list[MessageBatch]:
        return [other for other in self.message_batches if other.first_batch != message_batch.first_batch]


class JobProgressFile:
    """The progress as this invocation last read or wrote it; it never overwrites another invocation's."""

    def __init__(self, files: SimulationFiles) -> None:
        self._files = files
        progress, self._version = files.read_version(file_names.MESSAGE_BATCHES, JobProgress)
        self.progress = progress or JobProgress()

    def save(self, progress: JobProgress) -> None:
        """Save the progress.

        Raises:
            ConcurrentWriteError: another invocation is working on it.
        """
        self._version = self._files.write_version(file_names.MESSAGE_BATCHES, progress, self._version)
        self.progress = progress

    def update(self, **changes: object) -> None:
        """Save the progress with some fields changed; see ``save``."""
        self.save(self.progress.model_copy(update=changes))

    def mark_settled(self, message_batch: MessageBatch) -> None:
        """Save that nothing more is expected of a message batch; see ``save``."""
        settled = message_batch.model_copy(update={"state": MessageBatchState.SETTLED})
        self.save(self.progress.with_batch(settled))
