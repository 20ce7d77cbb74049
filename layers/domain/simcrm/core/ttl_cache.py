"""An in-process cache with a time to live in seconds, so that frequent lookups load a value only once."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class TtlCache(Generic[T]):
    """A cache for one value; errors are not cached. ``clock`` is monotonic and returns seconds."""

    load: Callable[[], T]
    ttl_seconds: float
    clock: Callable[[], float] = time.monotonic
    _cached: tuple[float, T] | None = field(default=None, init=False)

    def get(self) -> T:
        """Return the value, at most ``ttl_seconds`` old."""
        now = self.clock()
        if self._cached is None or now - self._cached[0] >= self.ttl_seconds:
            self._cached = (now, self.load())
        return self._cached[1]
