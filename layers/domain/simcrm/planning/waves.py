"""Waves: the activities of a batch that are due together."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from simcrm.core.json_types import JsonObject
from simcrm.core.timestamps import to_iso_utc
from simcrm.planning.batches import MAX_WAVES
from simcrm.planning.time_mapping import Pace, whole_second

MIN_WAVE_SECONDS = 1
"""Minimum length of a wave in seconds: activities due within it are written together."""


@dataclass(frozen=True, slots=True)
class TimedActivity:
    """One activity by record index and position of its event, with its due time in real time."""

    due_at: datetime
    index: int
    event: int


def plan_waves(
    activities: Iterable[tuple[datetime, int, int]], pace: Pace, limit: int = MAX_WAVES
) -> list[list[TimedActivity]]:
    """Group a batch's activities into at most ``limit`` waves, in the order of their due times.

    ``activities`` are (simulated time, record index, position of the event in the record's timeline). A wave is written
    when its last activity is due, and the longest delay of any activity is as short as the limit allows.
    """
    timed = sorted((TimedActivity(pace.to_real(at), index, event) for at, index, event in activities), key=_order)
    if not timed:
        return []
    longest = ceil((timed[-1].due_at - timed[0].due_at).total_seconds())
    widths = range(MIN_WAVE_SECONDS, max(longest, MIN_WAVE_SECONDS) + 1)
    width_index = bisect_left(widths, True, key=lambda width: len(_group(timed, width)) <= limit)  # noqa: FBT003
    return _group(timed, widths[width_index])


def _group(timed: list[TimedActivity], seconds: int) -> list[list[TimedActivity]]:
    """Group activities into waves in which none waits longer than this many seconds."""
    width, waves = timedelta(seconds=seconds), [[timed[0]]]
    for activity in timed[1:]:
        if activity.due_at - waves[-1][0].due_at <= width:
            waves[-1].append(activity)
        else:
            waves.append([activity])
    return waves


def _order(activity: TimedActivity) -> tuple[datetime, int, int]:
    return activity.due_at, activity.index, activity.event


def wave_rows(waves: list[list[TimedActivity]]) -> list[JsonObject]:
    """Return the waves as rows for the state machine: number, due time and count, but not the activities."""
    return [
        {"wave": number, "dueAt": to_iso_utc(whole_second(wave[-1].due_at)), "count": len(wave)}
        for number, wave in enumerate(waves)
    ]
