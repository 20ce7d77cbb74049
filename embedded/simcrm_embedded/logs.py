"""Finding in a log why something failed."""

import re
from contextlib import suppress
from pathlib import Path

_SIGN = re.compile(r"error|failed|invalid|not found|no such|unable|in use", re.IGNORECASE)
_LONGEST = 300


def reason_in(log: Path) -> str:
    """The line that most likely says why: the last that speaks of an error, else the last of all; empty without any."""
    lines: list[str] = []
    with suppress(OSError):
        text = log.read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
    reasons = [line for line in lines if _SIGN.search(line)] or lines
    return reasons[-1].removeprefix("Error: ")[:_LONGEST] if reasons else ""
