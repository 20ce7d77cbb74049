"""What a process has found out, kept for some seconds, so that frequent questions cost one answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class TtlCache(Generic[T]):
    """The answer to one question; an error is not kept. ``clock`` is in seconds and never goes back."""

    load: Callable[[], T]
    ttl_seconds: float
    clock: Callable[[], float] = time.monotonic
    _cached: tuple[float, T] | None = field(default=None, init=False)

    def get(self) -> T:
        """The answer, as old as that at most."""
        now = self.clock()
        if self._cached is None or now - self._cached[0] >= self.ttl_seconds:
            self._cached = (now, self.load())
        return self._cached[1]
