"""Waiting that ends: at success, at a deadline, or when the user interrupts."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, TypeVar

from simcrm_embedded.errors import InterruptedByUserError

T = TypeVar("T")
POLL_SECONDS = 0.05


class Pause(Protocol):
    """Sleep for some seconds; may raise InterruptedByUserError."""

    def __call__(self, seconds: float, /) -> None:
        """Wait."""


class Interruption:
    """Turns SIGINT, SIGTERM and SIGHUP into an error at the next pause.

    Raising between a process's start and the note of its id would lose the process; a pause is never there. A
    second signal raises at once, for the case that something hangs, unless the cleaning up has begun.
    """

    def __init__(self) -> None:
        self._signal: signal.Signals | None = None
        self._cleaning = False

    def notice(self, number: int, frame: FrameType | None = None) -> None:
        """Handle a signal."""
        del frame
        if self._cleaning:
            return
        repeated, self._signal = self._signal is not None, signal.Signals(number)
        if repeated:
            raise InterruptedByUserError(self._signal.name)

    def pause(self, seconds: float) -> None:
        """Sleep in slices.

        Raises:
            InterruptedByUserError: a signal came.
        """
        end = time.monotonic() + seconds
        while True:
            if self._signal is not None and not self._cleaning:
                raise InterruptedByUserError(self._signal.name)
            remaining = end - time.monotonic()
            if remaining <= 0:
                return
            time.sleep(min(POLL_SECONDS, remaining))

    def begin_cleaning(self) -> None:
        """Let nothing stop what follows."""
        self._cleaning = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Catch the signals that mean "stop" for the length of a block; main thread only."""
    interruption = Interruption()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interruption.notice) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for(
    check: Callable[[], T | None],
    *,
    timeout: float,
    on_timeout: Callable[[], Exception],
    pause: Pause = time.sleep,
    every: float = POLL_SECONDS,
) -> T:
    """Poll until ``check`` returns something; at least once, at most ``timeout`` seconds.

    Raises:
        Exception: what ``on_timeout`` makes, when the time is over.
    """
    deadline = time.monotonic() + timeout
    while True:
        if (result := check()) is not None:
            return result
        if time.monotonic() >= deadline:
            raise on_timeout()
        pause(every)
