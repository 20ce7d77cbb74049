"""The provider of message batches with its key; a refused key is read again once."""

from collections.abc import Callable
from typing import TypeVar

from simcrm.core.credentials import fits_http_header
from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.providers.base import BatchProvider
from simcrm.llm.rotating_key import ReadKey

T = TypeVar("T")


class BatchClient:
    """Creates the provider at the first call."""

    def __init__(self, create_provider: Callable[[str], BatchProvider], read_key: ReadKey) -> None:
        self._create_provider, self._read_key = create_provider, read_key
        self._key: str | None = None
        self._provider: BatchProvider | None = None
        self._refreshed = False

    def call(self, call: Callable[[BatchProvider], T]) -> T:
        """Return the result of a call to the provider.

        Raises:
            LlmCallError: the call failed; AUTH if the key was refused and has not changed, or is refused again.
        """
        if self._provider is None:
            self._open(self._read_key(fresh=False))
        try:
            return self._call_once(call)
        except LlmCallError as failure:
            if failure.category is not FailureCategory.AUTH or not self._has_new_key():
                raise
            return self._call_once(call)

    def _call_once(self, call: Callable[[BatchProvider], T]) -> T:
        if not fits_http_header(self._key or ""):
            raise LlmCallError(FailureCategory.AUTH)
        return call(self._open_provider)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self._provider is not None:
            self._provider.close()
            self._provider = None

    @property
    def _open_provider(self) -> BatchProvider:
        assert self._provider is not None  # noqa: S101
        return self._provider

    def _has_new_key(self) -> bool:
        if self._refreshed:
            return False
        self._refreshed = True
        key = self._read_key(fresh=True)
        if key == self._key:
            return False
        self.close()
        self._open(key)
        return True

    def _open(self, key: str) -> None:
        self._key, self._provider = key, self._create_provider(key)
