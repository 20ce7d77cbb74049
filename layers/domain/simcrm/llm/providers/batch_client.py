"""The provider of message batches with its key; a refused key is read anew once."""

from collections.abc import Callable
from typing import TypeVar

from simcrm.core.credentials import is_sendable
from simcrm.llm.caller import ReadKey
from simcrm.llm.errors import CallFailedError, Category
from simcrm.llm.providers.base import BatchProvider

T = TypeVar("T")


class KeyedBatches:
    """Makes the provider at the first call."""

    def __init__(self, make: Callable[[str], BatchProvider], read_key: ReadKey) -> None:
        self._make, self._read_key = make, read_key
        self._key: str | None = None
        self._provider: BatchProvider | None = None
        self._refreshed = False

    def ask(self, call: Callable[[BatchProvider], T]) -> T:
        """What a call to the provider gives.

        Raises:
            CallFailedError: nothing; AUTH if the key was refused and is still the same, or is refused again.
        """
        if self._provider is None:
            self._use(self._read_key(fresh=False))
        try:
            return self._call(call)
        except CallFailedError as failure:
            if failure.category is not Category.AUTH or not self._has_new_key():
                raise
            return self._call(call)

    def _call(self, call: Callable[[BatchProvider], T]) -> T:
        if not is_sendable(self._key or ""):
            raise CallFailedError(Category.AUTH)
        return call(self._opened)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self._provider is not None:
            self._provider.close()
            self._provider = None

    @property
    def _opened(self) -> BatchProvider:
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
        self._use(key)
        return True

    def _use(self, key: str) -> None:
        self._key, self._provider = key, self._make(key)
