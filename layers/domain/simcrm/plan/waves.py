"""Waves: the activities of a batch that are due together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from simcrm.plan.pace import Pace, iso_utc
from simcrm.storage.artifacts import JsonObject

MAX_WAVES = 50
"""Waves of a batch: each costs five transitions of its child, whose history ends at 25,000 events."""

MIN_WAVE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class TimedActivity:
    """The place of one activity: which record, which of its events, and when it is due in real time."""

    due_at: datetime
    index: int
    event: int


def plan_waves(activities: Iterable[tuple[datetime, int, int]], pace: Pace) -> list[list[TimedActivity]]:
    """Group a batch's activities into waves in the order of their due times.

    ``activities`` are (simulated time, record index, position of the event in the record's life). Each
    activity is due no later than its wave's last one, which is when the wave is written.
    """
    timed = sorted((TimedActivity(pace.due(at), index, event) for at, index, event in activities), key=_order)
    if not timed:
        return []
    begin = timed[0].due_at
    width = max(MIN_WAVE, (timed[-1].due_at - begin) / (MAX_WAVES - 1))
    return [list(wave) for _, wave in groupby(timed, key=lambda activity: (activity.due_at - begin) // width)]


def _order(activity: TimedActivity) -> tuple[datetime, int, int]:
    return activity.due_at, activity.index, activity.event


def wave_rows(waves: list[list[TimedActivity]]) -> list[JsonObject]:
    """The waves as the state machine iterates them: number, due time and count, never the activities."""
    return [
        {"wave": number, "dueAt": iso_utc(wave[-1].due_at), "count": len(wave)} for number, wave in enumerate(waves)
    ]
