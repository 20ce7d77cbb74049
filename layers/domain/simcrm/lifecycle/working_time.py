"""When people work: activities do not happen at night or on a weekend."""

from datetime import UTC, datetime, time, timedelta

OPENS, CLOSES = time(13, 0), time(22, 0)
"""Office hours of the continental United States, in UTC."""

SATURDAY = 5


def next_working_moment(at: datetime) -> datetime:
    """The moment itself if it lies in working time, else one soon after the next office opens.

    The minutes after opening follow from the moment, so that a morning does not begin with everything at once.
    """
    moment = at.astimezone(UTC)
    if moment.time() >= CLOSES:
        moment = _opening(moment + timedelta(days=1), moment)
    elif moment.time() < OPENS:
        moment = _opening(moment, moment)
    while moment.weekday() >= SATURDAY:
        moment += timedelta(days=1)
    return moment


def _opening(day: datetime, original: datetime) -> datetime:
    spread = timedelta(minutes=(original.hour * 60 + original.minute) % 150, seconds=original.second)
    return datetime.combine(day.date(), OPENS, UTC) + spread
