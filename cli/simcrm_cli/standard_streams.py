"""Make standard output and error robust: no text, closed pipe or full disk may end a command in a traceback."""

import io
import os
import sys
from contextlib import suppress


def prepare_streams() -> None:
    """Replace streams that were closed before the start, and escape characters that an encoding lacks."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def settle_streams(code: int) -> int:
    """Flush standard output; if that fails, return exit code 1 and discard the rest."""
    try:
        sys.stdout.flush()
    except OSError:
        code = code or 1
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def is_unicode() -> bool:
    """Whether standard output can encode every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")


def _nowhere() -> io.TextIOWrapper:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - stays open as long as the process
