"""Business hours: activities do not happen at night or on weekends, by local time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENING_TIME, CLOSING_TIME = time(9, 0), time(18, 0)
"""Local office hours; clocks never change for daylight saving within them."""

SATURDAY = 5


def next_working_moment(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the time itself (in UTC) if it is within business hours, else a time soon after the next opening.

    The delay after opening is derived from the original time, so that not everything happens at opening time.
    """
    moment = at.astimezone(zone)
    if moment.time() >= CLOSING_TIME:
        moment = _opening(moment + timedelta(days=1), moment)
    elif moment.time() < OPENING_TIME:
        moment = _opening(moment, moment)
    while moment.weekday() >= SATURDAY:
        moment += timedelta(days=1)
    return moment.astimezone(UTC)


def _opening(day: datetime, original: datetime) -> datetime:
    spread = timedelta(minutes=(original.hour * 60 + original.minute) % 150, seconds=original.second)
    return datetime.combine(day.date(), OPENING_TIME, day.tzinfo) + spread
