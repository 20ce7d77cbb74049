"""When people work: activities do not happen at night or on a weekend of the place where they belong."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENING_TIME, CLOSING_TIME = time(9, 0), time(18, 0)
"""Office hours by local clocks, which are never set forward or back within them."""

SATURDAY = 5


def next_working_moment(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself (in UTC) if it lies in working time of the zone, else one soon after the next office opens.

    The minutes after opening follow from the moment, so that a morning does not begin with everything at once.
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
