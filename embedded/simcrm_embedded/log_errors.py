"""Search logs for the reason of a failure."""

import re
import shutil
from contextlib import suppress
from pathlib import Path

_SIGN = re.compile(r"error|failed|invalid|not found|no such|unable|in use", re.IGNORECASE)
_MAX_CHARACTERS = 300
_FULL_BELOW = 64 * 1024
"""Free bytes below which a disk counts as full."""


def last_error_in_log(log: Path) -> str:
    """Return the likely reason: a full disk, the last line that mentions an error, else the last line; empty if none.

    On a full disk, whatever fails first reports it in its own way, if it can still write at all.
    """
    with suppress(OSError):
        if shutil.disk_usage(log.parent).free < _FULL_BELOW:
            return f"no space left on the disk of {log.parent}"
    lines: list[str] = []
    with suppress(OSError):
        text = log.read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
    reasons = [line for line in lines if _SIGN.search(line)] or lines
    return reasons[-1].removeprefix("Error: ")[:_MAX_CHARACTERS] if reasons else ""
