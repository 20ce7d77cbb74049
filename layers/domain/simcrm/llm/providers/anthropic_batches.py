"""Anthropic's Message Batches through its own SDK, imported at the first call."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from simcrm.llm.errors import FailureCategory, FallbackReason, LlmCallError
from simcrm.llm.providers.anthropic import message_parameters, parse_message, translate_errors
from simcrm.llm.providers.base import BatchResult, BatchStatus, LlmRequest

if TYPE_CHECKING:
    from anthropic import Anthropic

T = TypeVar("T")
TIMEOUT_SECONDS = 40.0
"""Submitting sends megabytes; there is no response until all of them have arrived."""
PAGE_SIZE = 100
_FALLBACK_REASONS = {
    "expired": FallbackReason.BATCH_EXPIRED,
    "canceled": FallbackReason.BATCH_CANCELLED,
    "errored": FallbackReason.BATCH_ERRORED,
}


class AnthropicBatches:
    """The Message Batches API; calls are not retried."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._api_key, self._base_url = api_key, base_url

    @cached_property
    def _client(self) -> "Anthropic":
        from anthropic import Anthropic, DefaultHttpxClient  # noqa: PLC0415 - the import takes seconds

        http = DefaultHttpxClient(follow_redirects=False, timeout=TIMEOUT_SECONDS)
        return Anthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=TIMEOUT_SECONDS,
            http_client=http,  # a redirect would carry the key to another host
        )

    def submit(self, requests: Sequence[tuple[str, LlmRequest]]) -> str:
        """Create a message batch."""
        rows: Any = [{"custom_id": custom_id, "params": message_parameters(request)} for custom_id, request in requests]
        return self._call(lambda api: api.messages.batches.create(requests=rows).id)

    def status(self, batch_id: str) -> BatchStatus:
        """Retrieve a message batch."""
        return _parse_status(self._call(lambda api: api.messages.batches.retrieve(batch_id)))

    def list_recent(self) -> Iterator[BatchStatus]:
        """List message batches page by page."""
        batches = iter(self._call(lambda api: api.messages.batches.list(limit=PAGE_SIZE)))
        while (batch := self._call(lambda _api: next(batches, None))) is not None:
            yield _parse_status(batch)

    def results(self, batch_id: str) -> Iterator[BatchResult]:
        """Read the results line by line."""
        lines = iter(self._call(lambda api: api.messages.batches.results(batch_id)))
        while (line := self._call(lambda _api: next(lines, None))) is not None:
            yield _parse_result(line)

    def cancel(self, batch_id: str) -> None:
        """Start to cancel a message batch."""
        self._call(lambda api: api.messages.batches.cancel(batch_id))

    def close(self) -> None:
        """Close the connections, if any were opened."""
        if "_client" in self.__dict__:
            self._client.close()

    def _call(self, call: Callable[["Anthropic"], T]) -> T:
        with translate_errors(self._api_key):
            try:
                return call(self._client)
            except httpx2.HTTPError as error:  # the SDK does not wrap errors that interrupt a stream
                raise LlmCallError(FailureCategory.NETWORK, can_retry=True, counts_for_breaker=True) from error


def _parse_status(batch: Any) -> BatchStatus:
    counts = batch.request_counts
    requests = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
    return BatchStatus(batch.id, batch.created_at, batch.processing_status == "ended", requests)


def _parse_result(line: Any) -> BatchResult:
    if line.result.type == "succeeded":
        return BatchResult(line.custom_id, parse_message(line.result.message, {}))
    return BatchResult(line.custom_id, None, _FALLBACK_REASONS.get(line.result.type, FallbackReason.BATCH_ERRORED))
