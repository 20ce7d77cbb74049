"""Anthropic's Message Batches by its own SDK, imported at the first call."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from simcrm.llm.errors import CallFailedError, Category, Reason
from simcrm.llm.providers.anthropic import answer_of, failures, parameters
from simcrm.llm.providers.base import ModelRequest, Result, Standing

if TYPE_CHECKING:
    from anthropic import Anthropic

T = TypeVar("T")
TIMEOUT_SECONDS = 40.0
"""Submitting takes megabytes; nothing is answered before all of it is there."""
PAGE = 100
_WHY = {"expired": Reason.BATCH_EXPIRED, "canceled": Reason.BATCH_CANCELLED, "errored": Reason.BATCH_ERRORED}


class AnthropicBatches:
    """The Message Batches API; each call is made once."""

    def __init__(self, api_key: str, base_url: str | None) -> None:
        self._api_key, self._base_url = api_key, base_url

    @cached_property
    def _client(self) -> "Anthropic":
        from anthropic import Anthropic  # noqa: PLC0415 - seconds of import

        return Anthropic(api_key=self._api_key, base_url=self._base_url, max_retries=0, timeout=TIMEOUT_SECONDS)

    def submit(self, requests: Sequence[tuple[str, ModelRequest]]) -> str:
        """Create a message batch."""
        rows: Any = [{"custom_id": custom_id, "params": parameters(request)} for custom_id, request in requests]
        return self._ask(lambda api: api.messages.batches.create(requests=rows).id)

    def standing(self, batch_id: str) -> Standing:
        """Retrieve one."""
        return _standing(self._ask(lambda api: api.messages.batches.retrieve(batch_id)))

    def recent(self) -> Iterator[Standing]:
        """List them, page after page."""
        batches = iter(self._ask(lambda api: api.messages.batches.list(limit=PAGE)))
        while (batch := self._ask(lambda _api: next(batches, None))) is not None:
            yield _standing(batch)

    def results(self, batch_id: str) -> Iterator[Result]:
        """Read the results line by line."""
        lines = iter(self._ask(lambda api: api.messages.batches.results(batch_id)))
        while (line := self._ask(lambda _api: next(lines, None))) is not None:
            yield _result(line)

    def cancel(self, batch_id: str) -> None:
        """Begin to cancel one."""
        self._ask(lambda api: api.messages.batches.cancel(batch_id))

    def close(self) -> None:
        """Close the connections, if there ever were any."""
        if "_client" in self.__dict__:
            self._client.close()

    def _ask(self, call: Callable[["Anthropic"], T]) -> T:
        with failures():
            try:
                return call(self._client)
            except httpx2.HTTPError as error:  # the SDK does not wrap what breaks a stream
                raise CallFailedError(Category.NETWORK, can_retry=True, is_sick=True) from error


def _standing(batch: Any) -> Standing:
    counts = batch.request_counts
    requests = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
    return Standing(batch.id, batch.created_at, batch.processing_status == "ended", requests)


def _result(line: Any) -> Result:
    if line.result.type == "succeeded":
        return Result(line.custom_id, answer_of(line.result.message, {}))
    return Result(line.custom_id, None, _WHY.get(line.result.type, Reason.BATCH_ERRORED))
