"""Submit a simulation's message batches, poll them and collect their text, as far as one invocation's time allows.

Nothing is paid for twice, even after a crash: the progress records that a message batch is about to be submitted
before it is. If its id was never recorded, the provider's list is searched once the call can no longer be in flight.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import NamedTuple

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.log import log_event
from simcrm.generation.message_batches.progress import (
    FallbackCause,
    JobProgress,
    JobProgressFile,
    MessageBatch,
    MessageBatchState,
)
from simcrm.generation.message_batches.requests import BatchRequest, RequestBuilder
from simcrm.generation.message_batches.results import ForeignBatchError, TextStore, collect_results
from simcrm.generation.text.text_session import TextSession
from simcrm.generation.text.text_writer import ResultRecorder
from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.health import LlmHealth
from simcrm.llm.providers.base import BatchProvider, BatchStatus
from simcrm.llm.providers.batch_client import BatchClient
from simcrm.planning.batches import Batch
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

SUBMIT_UNKNOWN = timedelta(seconds=60)
"""How long a submission may be in flight: longer than its call may take and the provider needs to list the batch."""
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""Maximum difference between the provider's clock and ours."""
MAX_REFUSED = timedelta(hours=1)
"""How long the provider may refuse message batches before their records fall back."""
MAX_BATCH_AGE = timedelta(hours=26)
"""A message batch ends within 24 hours."""
STEP_SECONDS = 120.0
"""The time reserved for building and submitting a message batch, or for collecting one."""
MIN_WAIT, MAX_WAIT = timedelta(seconds=2), timedelta(seconds=300)
"""The wait between polls; a day of polling stays well below the limit of 25,000 events per execution."""


class JobStep(NamedTuple):
    """Whether all text is ready; if not, after how many seconds to continue."""

    done: bool
    wait_seconds: int = 0


class MessageBatchJob:
    """Obtains the text of one simulation by message batches."""

    def __init__(
        self, session: TextSession, request_builder: RequestBuilder, files: SimulationFiles, batches: Sequence[Batch]
    ) -> None:
        self._session, self._request_builder, self._batches = session, request_builder, batches
        self._text_store = TextStore(files, batches)
        self._progress_file = JobProgressFile(files)
        self._client = BatchClient(session.batch_provider, session.read_key)
        self._health = LlmHealth(session.cache)

    def run(self) -> JobStep:
        """Do what can be done now; if the run was aborted, cancel.

        Raises:
            LlmCallError: the run was aborted, and a cancellation that failed can be retried.
        """
        if self._session.is_aborted():
            return self.cancel()
        unavailable = self._session.unavailable_reason()
        if unavailable is not None and self._progress_file.progress == JobProgress():
            return JobStep(done=True)
        try:
            with closing(self._client):
                if unavailable is not None:
                    self._set_remaining_fallback(FallbackCause(reason=unavailable))
                self._poll_all()
                self._submit_all()
            self._fall_back_remaining()
        except ConcurrentWriteError:
            return JobStep(done=False, wait_seconds=SUBMIT_UNKNOWN.seconds)
        return self.cancel() if self._session.is_aborted() else self._next_step()

    def cancel(self) -> JobStep:
        """Cancel open message batches: requests unanswered by then are not billed. Cancelling again is harmless.

        A message batch whose id was never recorded is left alone: until it ends, it may be someone else's.

        Raises:
            LlmCallError: a cancellation that failed can be retried; all others were made.
        """
        with closing(self._client):
            failures = [
                self._cancel(message_batch.batch_id)
                for message_batch in self._progress_file.progress.open_batches
                if message_batch.batch_id is not None
            ]
        for failure in failures:
            if failure is not None and failure.can_retry:
                raise failure
        return JobStep(done=True)

    def _cancel(self, batch_id: str) -> LlmCallError | None:
        """Cancel a message batch and return the failure, if any; the batch may have ended on its own."""
        try:
            self._client.call(lambda provider: provider.cancel(batch_id))
        except LlmCallError as failure:
            self._record_failure(failure)
            return failure
        return None

    @property
    def _now(self) -> datetime:
        return self._session.clock.today()

    @property
    def _is_late(self) -> bool:
        clock = self._session.clock
        return clock.now() + STEP_SECONDS > clock.deadline

    # Submitting

    def _submit_all(self) -> None:
        while self._may_submit() and (packed := self._build_next()) is not None:
            if not self._submit(*packed):
                return

    def _may_submit(self) -> bool:
        progress = self._progress_file.progress
        is_clear = all(
            message_batch.state is not MessageBatchState.SUBMITTING for message_batch in progress.open_batches
        )
        return is_clear and progress.rest is None and progress.next < len(self._batches) and not self._is_late

    def _build_next(self) -> tuple[MessageBatch, list[BatchRequest]] | None:
        """Build the next requests that the budget allows, recorded as about to be submitted."""
        progress = self._progress_file.progress
        reserved = self._request_builder.reserve(self._batches[progress.next :], self._session.cost_budget)
        if not reserved.requests:
            if not (
                reserved.stop_reason is FallbackReason.BUDGET_SPENT and progress.open_batches
            ):  # open message batches return what they do not spend
                self._set_remaining_fallback(
                    FallbackCause(
                        category=FailureCategory.UNKNOWN, reason=reserved.stop_reason or FallbackReason.BUDGET_UNKNOWN
                    )
                )
            return None
        message_batch = MessageBatch(
            first=progress.next,
            last=progress.next + reserved.batches - 1,
            requests=len(reserved.requests),
            reserved=reserved.reserved,
            at=self._now,
        )
        self._progress_file.save(progress.with_batch(message_batch))
        return message_batch, reserved.requests

    def _submit(self, message_batch: MessageBatch, requests: Sequence[BatchRequest]) -> bool:
        if self._session.is_aborted():
            self._withdraw(message_batch)
            return False
        call_inputs = [(each.custom_id, each.request) for each in requests]
        try:
            batch_id = self._client.call(lambda provider: provider.submit(call_inputs))
        except LlmCallError as failure:
            self._handle_submit_failure(message_batch, failure)
            return False
        self._mark_submitted(message_batch, batch_id)
        return True

    def _mark_submitted(self, message_batch: MessageBatch, batch_id: str) -> None:
        submitted = message_batch.model_copy(update={"state": MessageBatchState.SUBMITTED, "batch_id": batch_id})
        self._progress_file.save(
            self._progress_file.progress.with_batch(submitted).model_copy(update={"failing_since": None})
        )
        log_event(
            "AI_BATCH_SUBMITTED",
            "a message batch was submitted",
            simulationId=self._session.simulation_id,
            batchId=batch_id,
            requests=message_batch.requests,
        )

    def _handle_submit_failure(self, message_batch: MessageBatch, failure: LlmCallError) -> None:
        self._record_failure(failure)
        if failure.can_retry and failure.category is not FailureCategory.RATE_LIMIT:
            return  # the provider may have it
        before = self._withdraw(message_batch)
        since = before.failing_since or self._now
        self._progress_file.save(before.model_copy(update={"failing_since": since}))
        if not failure.can_retry or not (before.open_batches or self._now - since < MAX_REFUSED):
            self._set_remaining_fallback(FallbackCause(category=failure.category, reason=failure.reason))

    def _withdraw(self, message_batch: MessageBatch) -> JobProgress:
        """Release the reservation of a message batch that is not submitted; return the progress without it."""
        self._session.cost_budget.settle(message_batch.reserved, 0)
        self._progress_file.save(self._progress_file.progress.without_batch(message_batch))
        return self._progress_file.progress

    # Polling

    def _poll_all(self) -> None:
        for message_batch in self._progress_file.progress.open_batches:
            if self._is_late:
                return
            try:
                if message_batch.batch_id is None:
                    self._recover(message_batch)
                else:
                    self._poll(message_batch, message_batch.batch_id)
            except LlmCallError as failure:
                self._handle_poll_failure(message_batch, failure)

    def _recover(self, message_batch: MessageBatch) -> None:
        """Find a message batch whose id was never recorded; submit it again if the provider does not list it."""
        if self._now - message_batch.at < SUBMIT_UNKNOWN:
            return
        listed = self._client.call(lambda provider: self._find_listed(provider, message_batch))
        if listed is not None:
            self._mark_submitted(message_batch, listed.id)
            return
        resubmitted = message_batch.model_copy(update={"at": self._now})
        self._progress_file.save(self._progress_file.progress.with_batch(resubmitted))
        self._submit(resubmitted, self._build_requests(message_batch))

    def _find_listed(self, provider: BatchProvider, message_batch: MessageBatch) -> BatchStatus | None:
        """Return the listed batch that may be this message batch; only its results can confirm it."""
        progress = self._progress_file.progress
        known_ids = {*progress.strangers, *(other.batch_id for other in progress.parcels)}
        for status in provider.list_recent():
            if status.created_at < message_batch.at - MAX_CLOCK_SKEW:
                return None
            if status.requests == message_batch.requests and status.id not in known_ids:
                return status
        return None

    def _poll(self, message_batch: MessageBatch, batch_id: str) -> None:
        status = self._client.call(lambda provider: provider.status(batch_id))
        if status.has_ended:
            self._collect(message_batch, batch_id)
        elif self._now - message_batch.at > MAX_BATCH_AGE:
            self._settle_as_fallback(
                message_batch, FallbackCause(category=FailureCategory.TIMEOUT, reason=FallbackReason.BATCH_EXPIRED)
            )

    def _collect(self, message_batch: MessageBatch, batch_id: str) -> None:
        session = self._session
        requests, recorder = (
            self._build_requests(message_batch),
            ResultRecorder(session.settings, session.log, session.clock.wall),
        )
        try:
            collected = self._client.call(
                lambda provider: collect_results(
                    provider.results(batch_id), requests, recorder, session.settings.model_price
                )
            )
        except ForeignBatchError:
            recovering = message_batch.model_copy(update={"state": MessageBatchState.SUBMITTING, "batch_id": None})
            progress = self._progress_file.progress.with_batch(recovering)
            self._progress_file.save(progress.model_copy(update={"strangers": (*progress.strangers, batch_id)}))
            return
        self._text_store.save(collected.results)
        # A crash from here on leaves the reservation in place: the budget holds, and nothing is counted twice.
        self._mark_settled(message_batch)
        session.cost_budget.settle(message_batch.reserved, collected.micro_usd)
        session.record_usage(collected.usage, collected.micro_usd)
        self._health.record_success(round(session.clock.wall() * 1000))
        log_event(
            "AI_BATCH_SETTLED",
            "a message batch was received",
            simulationId=session.simulation_id,
            batchId=batch_id,
            byModel=collected.by_model,
            fallback=collected.records - collected.by_model,
            tokens=collected.usage.total,
        )

    def _handle_poll_failure(self, message_batch: MessageBatch, failure: LlmCallError) -> None:
        self._record_failure(failure)
        if failure.category is FailureCategory.AUTH:
            self._set_remaining_fallback(FallbackCause(category=failure.category, reason=failure.reason))
        if not failure.can_retry or self._now - message_batch.at > MAX_BATCH_AGE:
            self._settle_as_fallback(message_batch, FallbackCause(category=failure.category, reason=failure.reason))

    def _settle_as_fallback(self, message_batch: MessageBatch, cause: FallbackCause) -> None:
        """Let its records fall back, and charge it in full: what the provider did with it is unknown."""
        self._text_store.save_fallbacks(range(message_batch.first, message_batch.last + 1), cause)
        self._log_fallback(message_batch.first, cause)
        self._mark_settled(message_batch)
        self._session.cost_budget.settle(message_batch.reserved, message_batch.reserved)

    def _mark_settled(self, message_batch: MessageBatch) -> None:
        self._progress_file.save(
            self._progress_file.progress.with_batch(
                message_batch.model_copy(update={"state": MessageBatchState.SETTLED})
            )
        )

    def _build_requests(self, message_batch: MessageBatch) -> list[BatchRequest]:
        return list(self._request_builder.build(self._batches[message_batch.first : message_batch.last + 1]))

    # Fallback

    def _set_remaining_fallback(self, cause: FallbackCause) -> None:
        """Let the batches that are not in a message batch yet fall back."""
        if cause.category is FailureCategory.AUTH:
            self._session.auth_failure_flag.set(self._session.read_key(fresh=False))
        if self._progress_file.progress.rest is None:
            self._progress_file.save(self._progress_file.progress.model_copy(update={"rest": cause}))

    def _fall_back_remaining(self) -> None:
        progress = self._progress_file.progress
        if progress.rest is None or progress.next == len(self._batches):
            return
        self._log_fallback(progress.next, progress.rest)
        next_batch = progress.next
        while next_batch < len(self._batches) and not self._is_late:
            self._text_store.save_fallbacks([next_batch], progress.rest)
            next_batch += 1
        self._progress_file.save(progress.model_copy(update={"next": next_batch}))

    def _log_fallback(self, first: int, cause: FallbackCause) -> None:
        self._session.log.fallback(self._batches[first].first_index, cause.category, cause.reason)

    def _record_failure(self, failure: LlmCallError) -> None:
        cloudwatch_metrics.record(Metric.AI_CALLS_FAILED)
        self._health.record_failure()
        self._session.log.failed(self._batches[0].first_index, failure.category, failure.reason, 0)

    def _next_step(self) -> JobStep:
        progress = self._progress_file.progress
        if progress.next == len(self._batches) and not progress.open_batches:
            return JobStep(done=True)
        since = min(
            [message_batch.at for message_batch in progress.open_batches] or [progress.failing_since or self._now]
        )
        wait = min(max((self._now - since) / 5, MIN_WAIT), MAX_WAIT)
        return JobStep(done=False, wait_seconds=round(wait.total_seconds()))
