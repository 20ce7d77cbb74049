"""The provider with the latest API key: a key that is refused is read again, as it may have been replaced."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from simcrm.core.credentials import fits_http_header
from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.providers.base import LlmProvider, LlmRequest, LlmResponse


class ReadKey(Protocol):
    """Reads the API key; ``fresh`` bypasses cached copies."""

    def __call__(self, *, fresh: bool) -> str:
        """The key, empty if there is none."""


class ProviderLease:
    """The provider of one attempt, acquired when the call is sent; None before."""

    def __init__(self, rotating_key: "RotatingKey") -> None:
        self._rotating_key = rotating_key
        self.provider: LlmProvider | None = None

    async def __aenter__(self) -> LlmProvider:
        self.provider = self._rotating_key.acquire()
        return self.provider

    async def __aexit__(self, *_: object) -> None:
        if self.provider is not None:
            await self._rotating_key.release(self.provider)


class RotatingKey:
    """The provider with its key; a refused key is read again, and the old provider closed after its last call."""

    def __init__(
        self, create_provider: Callable[[str], LlmProvider], read_key: ReadKey, *, needs_key: bool = True
    ) -> None:
        self._create_provider, self._read_key, self._needs_key = create_provider, read_key, needs_key
        self._lock = asyncio.Lock()
        self._key = read_key(fresh=False)
        self._users: Counter[int] = Counter()
        self._is_final = False
        self.provider = self._create(self._key)

    @property
    def key(self) -> str:
        """The latest key."""
        return self._key

    def acquire(self) -> LlmProvider:
        """The provider with the latest key, for a call that starts now."""
        self._users[id(self.provider)] += 1
        return self.provider

    async def release(self, used: LlmProvider) -> None:
        """End a call; the last call of a provider whose key was replaced closes it."""
        self._users[id(used)] -= 1
        if not self._users[id(used)] and used is not self.provider:
            del self._users[id(used)]
            await used.aclose()

    async def refresh(self, used: LlmProvider) -> bool:
        """Read the key again if needed; return whether it differs from the key of the refused provider."""
        async with self._lock:
            if self.provider is not used:
                return True
            if self._is_final:
                return False
            key = await asyncio.to_thread(self._read_key, fresh=True)
            self._is_final = key == self._key  # the next function reads it again
            if self._is_final:
                return False
            self._key, self.provider = key, self._create(key)
        if not self._users[id(used)]:
            await used.aclose()
        return True

    def _create(self, key: str) -> LlmProvider:
        return UnusableKeyProvider() if self._needs_key and not fits_http_header(key) else self._create_provider(key)


class UnusableKeyProvider:
    """Replaces a provider whose key no header can carry: nobody would accept the key, so no request is sent."""

    async def complete(self, request: LlmRequest) -> LlmResponse:
        """Fail like a call with a refused key."""
        del request
        raise LlmCallError(FailureCategory.AUTH)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""
