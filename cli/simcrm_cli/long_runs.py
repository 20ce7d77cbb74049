"""Runs that take long: what a command says of one before it waits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

LONG_SECONDS = 3_600
"""From which on nobody sits and waits without having been told."""

_HOUR, _DAY = 3_600, 86_400


def format_duration(seconds: float) -> str:
    """A length of time as one says it."""
    if seconds < 2 * _HOUR:
        return f"{max(1, round(seconds / 60)):,} minutes"
    if seconds < 2 * _DAY:
        return f"{round(seconds / _HOUR):,} hours"
    return f"{round(seconds / _DAY):,} days"


def format_minute(text: str) -> str:
    """A moment of the API to the minute."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def describe_long_run(preview: Mapping[str, Any]) -> str | None:
    """How long a run takes and when it ends, by its preview; None of one that takes no more than an hour."""
    seconds = preview["durationSeconds"]
    if seconds <= LONG_SECONDS:
        return None
    until = f", until about {format_minute(preview['endsAt'])}" if "endsAt" in preview else ""
    return f"This run takes about {format_duration(seconds)}{until}."


def advice(simulation_id: str, timeout: float, seconds: float) -> str:
    """What somebody may do who does not want to wait so long, or has not said that they would."""
    ends = f" This command waits for {timedelta(seconds=round(timeout))} (--timeout)." if timeout < seconds else ""
    return f"Ctrl-C ends the waiting and not the run; `simcrm watch {simulation_id}` goes on.{ends}"
