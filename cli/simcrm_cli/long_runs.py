"""What a command says about a long run before it waits for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

LONG_SECONDS = 3_600
"""Runs longer than this get a warning before the wait."""

_HOUR, _DAY = 3_600, 86_400


def format_duration(seconds: float) -> str:
    """Format a length of time for people."""
    if seconds < 2 * _HOUR:
        return f"{max(1, round(seconds / 60)):,} minutes"
    if seconds < 2 * _DAY:
        return f"{round(seconds / _HOUR):,} hours"
    return f"{round(seconds / _DAY):,} days"


def format_minute(text: str) -> str:
    """Format a time from the API to the minute."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def describe_long_run(preview: Mapping[str, Any]) -> str | None:
    """Describe how long a previewed run takes and when it ends; None if it takes no more than an hour."""
    seconds = preview["durationSeconds"]
    if seconds <= LONG_SECONDS:
        return None
    until = f", until about {format_minute(preview['endsAt'])}" if "endsAt" in preview else ""
    return f"This run takes about {format_duration(seconds)}{until}."


def advice(simulation_id: str, timeout: float, seconds: float) -> str:
    """Explain how to stop waiting, and when the command gives up by itself."""
    ends = f" This command waits for {timedelta(seconds=round(timeout))} (--timeout)." if timeout < seconds else ""
    return f"Ctrl-C stops the waiting, not the run; `simcrm watch {simulation_id}` continues it.{ends}"
