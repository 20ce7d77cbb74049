"""Standard output and error as a command needs them: no text, closed pipe or full disk may end it in a traceback."""

import io
import os
import sys
from contextlib import suppress


def prepare_streams() -> None:
    """Replace what was closed before the start, and escape what an encoding lacks."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def settle_streams(code: int) -> int:
    """Write what is left; the exit code is 1 where it cannot be written, and nobody tries again."""
    try:
        sys.stdout.flush()
    except OSError:
        code = code or 1
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def is_unicode() -> bool:
    """Whether standard output takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")


def _nowhere() -> io.TextIOWrapper:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - lives as long as the process
