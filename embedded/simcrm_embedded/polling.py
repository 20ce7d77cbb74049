"""Waits that end on success, on timeout, or when the user interrupts."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from simcrm_embedded.errors import InterruptedByUserError

T = TypeVar("T")
POLL_SECONDS = 0.05
Pause = Callable[[float], None]
"""Sleeps for some seconds; may raise InterruptedByUserError."""


class Interruption:
    """Turns SIGINT, SIGTERM and SIGHUP into an error at the next pause.

    Raising between a process's start and the recording of its id would lose the process; there is never a pause there.
    A second signal raises immediately, in case something hangs, unless the clean-up has begun.
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
            InterruptedByUserError: a signal was received.
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
        """Ignore signals from now on."""
        self._cleaning = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Handle the signals that mean "stop" for the length of a block; main thread only."""
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
    """Poll until ``check`` returns something, at least once and for up to ``timeout`` seconds.

    Raises:
        Exception: what ``on_timeout`` returns, after ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        if (result := check()) is not None:
            return result
        if time.monotonic() >= deadline:
            raise on_timeout()
        pause(every)
