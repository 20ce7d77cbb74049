"""Obtain a simulation's text by message batches, as far as one invocation's time allows."""

from contextlib import closing
from typing import NamedTuple

from simcrm.generation.message_batches.collection import BatchCollector
from simcrm.generation.message_batches.fallbacks import FallbackWriter
from simcrm.generation.message_batches.progress import FallbackCause, JobProgress, JobProgressFile, MessageBatch
from simcrm.generation.message_batches.requests import RequestBuilder
from simcrm.generation.message_batches.results import TextStore
from simcrm.generation.message_batches.submission import BatchSubmitter
from simcrm.generation.message_batches.time_limits import MAX_WAIT, MIN_WAIT, SUBMIT_UNKNOWN, is_late
from simcrm.generation.text.text_session import TextSession
from simcrm.llm.errors import LlmCallError
from simcrm.llm.providers.batch_client import BatchClient
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles


class JobStep(NamedTuple):
    """Whether all text is ready; if not, after how many seconds to continue."""

    done: bool
    wait_seconds: int = 0


class MessageBatchJob:
    """Obtains the text of one simulation by message batches."""

    def __init__(self, session: TextSession, request_builder: RequestBuilder, files: SimulationFiles) -> None:
        self._session, self._batches = session, request_builder.batches
        self._progress_file = JobProgressFile(files)
        self._client = BatchClient(session.batch_provider, session.read_key)
        text_store = TextStore(files, request_builder.batches)
        self._fallbacks = FallbackWriter(session, self._progress_file, text_store)
        self._submitter = BatchSubmitter(session, request_builder, self._progress_file, self._client, self._fallbacks)
        self._collector = BatchCollector(
            session, request_builder, self._progress_file, self._client, text_store, self._fallbacks
        )

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
                    self._fallbacks.set_remaining(FallbackCause(reason=unavailable))
                self._poll_all()
                self._submitter.submit_all()
            self._fallbacks.write_remaining()
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
            self._session.record_failure(self._batches[0].first_index, failure)
            return failure
        return None

    def _poll_all(self) -> None:
        for message_batch in self._progress_file.progress.open_batches:
            if is_late(self._session.clock):
                return
            try:
                self._poll(message_batch)
            except LlmCallError as failure:
                self._collector.handle_failure(message_batch, failure)

    def _poll(self, message_batch: MessageBatch) -> None:
        if message_batch.batch_id is None:
            self._submitter.recover(message_batch)
        else:
            self._collector.poll(message_batch, message_batch.batch_id)

    def _next_step(self) -> JobStep:
        progress, now = self._progress_file.progress, self._session.clock.today()
        if progress.next_batch == len(self._batches) and not progress.open_batches:
            return JobStep(done=True)
        since = min([each.submit_started_at for each in progress.open_batches] or [progress.failing_since or now])
        wait = min(max((now - since) / 5, MIN_WAIT), MAX_WAIT)
        return JobStep(done=False, wait_seconds=round(wait.total_seconds()))
