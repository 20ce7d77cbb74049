"""Poll submitted message batches, and turn the results of those that have ended into stored text."""

from dataclasses import dataclass

from simcrm.core.log import log_event
from simcrm.generation.message_batches.fallbacks import FallbackWriter
from simcrm.generation.message_batches.progress import FallbackCause, JobProgressFile, MessageBatch, MessageBatchState
from simcrm.generation.message_batches.requests import RequestBuilder
from simcrm.generation.message_batches.results import BatchResults, ForeignBatchError, TextStore, collect_results
from simcrm.generation.message_batches.time_limits import MAX_BATCH_AGE
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.providers.batch_client import BatchClient

EXPIRED = FallbackCause(category=FailureCategory.TIMEOUT, reason=FallbackReason.BATCH_EXPIRED)


@dataclass(frozen=True, slots=True)
class BatchCollector:
    """Collects the text of one simulation's message batches."""

    session: TextSession
    request_builder: RequestBuilder
    progress_file: JobProgressFile
    client: BatchClient
    text_store: TextStore
    fallbacks: FallbackWriter

    def poll(self, message_batch: MessageBatch, batch_id: str) -> None:
        """Collect a message batch that has ended; let one that should have ended fall back.

        Raises:
            LlmCallError: the provider did not return the status or all results; nothing was stored.
        """
        status = self.client.call(lambda provider: provider.status(batch_id))
        if status.has_ended:
            self._collect(message_batch, batch_id)
        elif self._is_overdue(message_batch):
            self.fallbacks.settle(message_batch, EXPIRED)

    def handle_failure(self, message_batch: MessageBatch, failure: LlmCallError) -> None:
        """Let a message batch fall back if polling it again is of no use."""
        self.session.record_failure(self.text_store.batches[0].first_index, failure)
        cause = FallbackCause.from_failure(failure)
        if failure.category is FailureCategory.AUTH:
            self.fallbacks.set_remaining(cause)
        if not failure.can_retry or self._is_overdue(message_batch):
            self.fallbacks.settle(message_batch, cause)

    def _is_overdue(self, message_batch: MessageBatch) -> bool:
        return self.session.clock.today() - message_batch.submit_started_at > MAX_BATCH_AGE

    def _collect(self, message_batch: MessageBatch, batch_id: str) -> None:
        try:
            results = self._read_results(message_batch, batch_id)
        except ForeignBatchError:
            self._mark_foreign(message_batch, batch_id)
            return
        self.text_store.save(results.results)
        # A crash from here on leaves the reservation in place: the budget holds, and nothing is counted twice.
        self.progress_file.mark_settled(message_batch)
        self.session.cost_budget.settle(message_batch.reserved_micro_usd, results.micro_usd)
        self.session.record_usage(results.usage, results.micro_usd)
        self.session.health.record_success(round(self.session.clock.wall() * 1000))
        self._log_settled(batch_id, results)

    def _read_results(self, message_batch: MessageBatch, batch_id: str) -> BatchResults:
        session, requests = self.session, self.request_builder.build_for(message_batch.positions)
        gates = GateFactory(self.request_builder.prompt_builder.histories.generator)
        recorder = session.recorder(gates.gate)
        return self.client.call(
            lambda provider: collect_results(
                provider.results(batch_id), requests, recorder, session.settings.model_price
            )
        )

    def _mark_foreign(self, message_batch: MessageBatch, batch_id: str) -> None:
        """Record that the provider's batch is another one, so that ours is searched for again."""
        unrecorded = message_batch.model_copy(update={"state": MessageBatchState.SUBMITTING, "batch_id": None})
        progress = self.progress_file.progress.with_batch(unrecorded)
        foreign_batch_ids = (*progress.foreign_batch_ids, batch_id)
        self.progress_file.save(progress.model_copy(update={"foreign_batch_ids": foreign_batch_ids}))

    def _log_settled(self, batch_id: str, results: BatchResults) -> None:
        log_event(
            "AI_BATCH_SETTLED",
            "a message batch was received",
            simulationId=self.session.simulation_id,
            batchId=batch_id,
            byModel=results.by_model,
            fallback=results.records - results.by_model,
            tokens=results.usage.total,
        )
