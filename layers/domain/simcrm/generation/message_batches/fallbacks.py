"""Let records fall back to the sampler's text if no message batch will write it."""

from dataclasses import dataclass

from simcrm.generation.message_batches.progress import FallbackCause, JobProgressFile, MessageBatch
from simcrm.generation.message_batches.results import TextStore
from simcrm.generation.message_batches.time_limits import is_late
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.errors import FailureCategory


@dataclass(frozen=True, slots=True)
class FallbackWriter:
    """Stores and logs the fallback of one simulation's batches."""

    session: TextSession
    progress_file: JobProgressFile
    text_store: TextStore

    def set_remaining(self, cause: FallbackCause) -> None:
        """Let the batches that are not in a message batch yet fall back; the first cause stays."""
        if cause.category is FailureCategory.AUTH:
            self.session.auth_failure_flag.set(self.session.read_key(fresh=False))
        if self.progress_file.progress.remaining_fallback is None:
            self.progress_file.update(remaining_fallback=cause)

    def write_remaining(self) -> None:
        """Store the fallback of as many of these batches as time allows."""
        progress, total = self.progress_file.progress, len(self.text_store.batches)
        if progress.remaining_fallback is None or progress.next_batch == total:
            return
        self._log(progress.next_batch, progress.remaining_fallback)
        next_batch = progress.next_batch
        while next_batch < total and not is_late(self.session.clock):
            self.text_store.save_fallbacks([next_batch], progress.remaining_fallback)
            next_batch += 1
        self.progress_file.update(next_batch=next_batch)

    def settle(self, message_batch: MessageBatch, cause: FallbackCause) -> None:
        """Let a message batch fall back, and charge it in full: what the provider did with it is unknown."""
        self.text_store.save_fallbacks(message_batch.positions, cause)
        self._log(message_batch.first_batch, cause)
        self.progress_file.mark_settled(message_batch)
        self.session.cost_budget.settle(message_batch.reserved_micro_usd, message_batch.reserved_micro_usd)

    def _log(self, position: int, cause: FallbackCause) -> None:
        self.session.log.fallback(self.text_store.batches[position].first_index, cause.category, cause.reason)
