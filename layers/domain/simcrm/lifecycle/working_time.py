"""When people work: by the hours and weekdays of a place, not on its public holidays, less in its vacation weeks.

A time is drawn from the density of working time instead of being moved to the next opening, so activities spread over
the day as they do in a CRM.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from simcrm.synthetic.seeded_random import StreamRandom

HOUR_WEIGHTS: Mapping[int, int] = {
    8: 55, 9: 118, 10: 142, 11: 138, 12: 52, 13: 98, 14: 132, 15: 126, 16: 94, 17: 36, 18: 9,
}  # fmt: skip
"""How much work is done in each local hour; lunch is thin. Shape: calls answered by the hour, assumed elsewhere."""

WEEKDAY_SHARES = (0.72, 0.97, 1.0, 0.96, 0.8)
"""How much is done from Monday to Friday, relative to the busiest day."""

_HOURS = tuple(HOUR_WEIGHTS)
_ENDS = tuple(accumulate(HOUR_WEIGHTS.values()))
_TRIES = 6
_HALF_WEEK = timedelta(days=3)
"""Days are drawn from a whole week, so that the weekend's share does not fall on Mondays."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working time of one place.

    ``holidays`` are days on which nobody works; ``vacation`` is the share of normal work by month and day for days on
    which fewer do.
    """

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    vacation: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def near(self, target: datetime, rng: StreamRandom) -> datetime:
        """Return a working time (UTC) in the week around ``target``, drawn from the density of days and hours."""
        middle = target.astimezone(self.zone).date()
        return self._draw_time(self._draw_day(middle - _HALF_WEEK, middle, rng), rng)

    def after(self, earliest: datetime, target: datetime, rng: StreamRandom) -> datetime:
        """Return a working time near ``target`` that is later than ``earliest``."""
        first = earliest.astimezone(self.zone).date() + timedelta(days=1)
        middle = max(target.astimezone(self.zone).date(), first)
        return self._draw_time(self._draw_day(max(first, middle - _HALF_WEEK), middle, rng), rng)

    def soon(self, earliest: datetime, hours: float, rng: StreamRandom) -> datetime:
        """Return the time a number of hours after ``earliest`` if people work then, else one on a following day."""
        moment = earliest + timedelta(hours=hours)
        local = moment.astimezone(self.zone)
        if self.is_working_day(local.date()) and _HOURS[0] <= local.hour < _HOURS[-1]:
            return moment
        return self.after(earliest, moment, rng)

    def between(self, start: datetime, end: datetime, rng: StreamRandom) -> datetime:
        """Return a working time between two times, or their middle if there is hardly any."""
        for _ in range(_TRIES):
            moment = self.near(start + (end - start) * rng.uniform(), rng)
            if start < moment < end:
                return moment
        return start + (end - start) / 2

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on this day."""
        return day.weekday() < len(WEEKDAY_SHARES) and day not in self.holidays

    def _draw_day(self, first: date, middle: date, rng: StreamRandom) -> date:
        """Draw a day from ``first`` to three days after ``middle``, or a later one if nobody works on any of them."""
        days = [first + timedelta(days=number) for number in range((middle + _HALF_WEEK - first).days + 1)]
        ends = list(accumulate(round(1_000 * self.share(day)) for day in days))
        if ends[-1]:
            return days[bisect_right(ends, rng.randbelow(ends[-1]))]
        day = days[-1]
        while not self.share(day):
            day += timedelta(days=1)
        return day

    def share(self, day: date) -> float:
        """Return how much is done on a day, relative to the busiest day: from 0 to 1."""
        if not self.is_working_day(day):
            return 0.0
        return WEEKDAY_SHARES[day.weekday()] * self.vacation.get((day.month, day.day), 1.0)

    def _draw_time(self, day: date, rng: StreamRandom) -> datetime:
        hour = _HOURS[bisect_right(_ENDS, rng.randbelow(_ENDS[-1]))]
        minute, second = rng.randbelow(60), rng.randbelow(60)
        local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=self.zone)
        return local.astimezone(UTC)
