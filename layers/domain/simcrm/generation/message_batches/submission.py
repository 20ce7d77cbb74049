"""Submit message batches within the budget, and recover a submission whose id was never recorded.

Nothing is paid for twice, even after a crash: the progress records that a message batch is about to be submitted
before it is. If its id was never recorded, the provider's list is searched once the call can no longer be in flight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simcrm.core.log import log_event
from simcrm.generation.message_batches.fallbacks import FallbackWriter
from simcrm.generation.message_batches.progress import (
    FallbackCause,
    JobProgress,
    JobProgressFile,
    MessageBatch,
    MessageBatchState,
)
from simcrm.generation.message_batches.requests import BatchRequest, RequestBuilder, ReservedRequests
from simcrm.generation.message_batches.time_limits import MAX_CLOCK_SKEW, MAX_REFUSED, SUBMIT_UNKNOWN, is_late
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.providers.base import BatchProvider, BatchStatus
from simcrm.llm.providers.batch_client import BatchClient


@dataclass(frozen=True, slots=True)
class BatchSubmitter:
    """Submits one simulation's message batches."""

    session: TextSession
    request_builder: RequestBuilder
    progress_file: JobProgressFile
    client: BatchClient
    fallbacks: FallbackWriter

    def submit_all(self) -> None:
        """Submit message batches while the provider, the budget and the time allow it."""
        while self._may_submit() and (built := self._build_next()) is not None:
            if not self._submit(*built):
                return

    def recover(self, message_batch: MessageBatch) -> None:
        """Find a message batch whose id was never recorded; submit it again if the provider does not list it.

        Raises:
            LlmCallError: the provider's list could not be read.
        """
        if self._now - message_batch.submit_started_at < SUBMIT_UNKNOWN:
            return
        listed = self.client.call(lambda provider: self._find_listed(provider, message_batch))
        if listed is not None:
            self._mark_submitted(message_batch, listed.id)
            return
        resubmitted = message_batch.model_copy(update={"submit_started_at": self._now})
        self.progress_file.save(self.progress_file.progress.with_batch(resubmitted))
        self._submit(resubmitted, self.request_builder.build_for(message_batch.positions))

    @property
    def _now(self) -> datetime:
        return self.session.clock.today()

    def _may_submit(self) -> bool:
        progress, total = self.progress_file.progress, len(self.request_builder.batches)
        if any(each.state is MessageBatchState.SUBMITTING for each in progress.open_batches):
            return False
        return progress.remaining_fallback is None and progress.next_batch < total and not is_late(self.session.clock)

    def _build_next(self) -> tuple[MessageBatch, list[BatchRequest]] | None:
        """Build the next requests that the budget allows, recorded as about to be submitted."""
        progress = self.progress_file.progress
        reserved = self.request_builder.reserve(progress.next_batch, self.session.cost_budget)
        if not reserved.requests:
            self._handle_spent_budget(reserved)
            return None
        message_batch = MessageBatch(
            first_batch=progress.next_batch,
            last_batch=progress.next_batch + reserved.batches - 1,
            requests=len(reserved.requests),
            reserved_micro_usd=reserved.micro_usd,
            submit_started_at=self._now,
        )
        self.progress_file.save(progress.with_batch(message_batch))
        return message_batch, reserved.requests

    def _handle_spent_budget(self, reserved: ReservedRequests) -> None:
        """Let the remaining batches fall back, unless open message batches may return what they do not spend."""
        if reserved.stop_reason is FallbackReason.BUDGET_SPENT and self.progress_file.progress.open_batches:
            return
        reason = reserved.stop_reason or FallbackReason.BUDGET_UNKNOWN
        self.fallbacks.set_remaining(FallbackCause(category=FailureCategory.UNKNOWN, reason=reason))

    def _submit(self, message_batch: MessageBatch, requests: Sequence[BatchRequest]) -> bool:
        if self.session.is_aborted():
            self._withdraw(message_batch)
            return False
        call_inputs = [(each.custom_id, each.request) for each in requests]
        try:
            batch_id = self.client.call(lambda provider: provider.submit(call_inputs))
        except LlmCallError as failure:
            self._handle_failure(message_batch, failure)
            return False
        self._mark_submitted(message_batch, batch_id)
        return True

    def _mark_submitted(self, message_batch: MessageBatch, batch_id: str) -> None:
        submitted = message_batch.model_copy(update={"state": MessageBatchState.SUBMITTED, "batch_id": batch_id})
        progress = self.progress_file.progress.with_batch(submitted)
        self.progress_file.save(progress.model_copy(update={"failing_since": None}))
        log_event(
            "AI_BATCH_SUBMITTED",
            "a message batch was submitted",
            simulationId=self.session.simulation_id,
            batchId=batch_id,
            requests=message_batch.requests,
        )

    def _handle_failure(self, message_batch: MessageBatch, failure: LlmCallError) -> None:
        self.session.record_failure(self.request_builder.batches[0].first_index, failure)
        if failure.can_retry and failure.category is not FailureCategory.RATE_LIMIT:
            return  # the provider may have it
        before = self._withdraw(message_batch)
        since = before.failing_since or self._now
        self.progress_file.update(failing_since=since)
        if not failure.can_retry or not (before.open_batches or self._now - since < MAX_REFUSED):
            self.fallbacks.set_remaining(FallbackCause.from_failure(failure))

    def _withdraw(self, message_batch: MessageBatch) -> JobProgress:
        """Release the reservation of a message batch that is not submitted; return the progress without it."""
        self.session.cost_budget.settle(message_batch.reserved_micro_usd, 0)
        self.progress_file.save(self.progress_file.progress.without_batch(message_batch))
        return self.progress_file.progress

    def _find_listed(self, provider: BatchProvider, message_batch: MessageBatch) -> BatchStatus | None:
        """Return the listed batch that may be this message batch; only its results can confirm it."""
        progress = self.progress_file.progress
        known_ids = {*progress.foreign_batch_ids, *(other.batch_id for other in progress.message_batches)}
        for status in provider.list_recent():
            if status.created_at < message_batch.submit_started_at - MAX_CLOCK_SKEW:
                return None
            if status.requests == message_batch.requests and status.id not in known_ids:
                return status
        return None
