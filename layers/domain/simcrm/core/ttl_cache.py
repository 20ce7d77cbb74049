"""What a process has found out, kept for some seconds, so that frequent questions cost one answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Kept(Generic[T]):
    """The answer to one question; an error is not kept. ``clock`` is in seconds and never goes back."""

    ask: Callable[[], T]
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _found: tuple[float, T] | None = field(default=None, init=False)

    def get(self) -> T:
        """The answer, as old as that at most."""
        now = self.clock()
        if self._found is None or now - self._found[0] >= self.seconds:
            self._found = (now, self.ask())
        return self._found[1]
