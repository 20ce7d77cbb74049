"""When people act: by the hours and weekdays of a place, not on its public holidays, less in its vacation weeks.

A time is drawn from the density of working time instead of being moved to the next opening, so activities spread over
the day as they do in a CRM.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from simcrm.synthetic.calendars import PlaceCalendar
from simcrm.synthetic.seeded_random import StreamRandom, WeightedChoice
from simcrm.synthetic.time_densities import BUSINESS, TimeDensity, load_time_density

_TRIES = 6
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_HALF_WEEK = timedelta(days=3)
"""Days are drawn from a whole week, so that the weekend's share does not fall on Mondays."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When people of one place act.

    ``holidays`` are days on which nobody works; ``vacation`` is the share of normal work by month and day for days on
    which fewer do, and ``reduced_days`` the same by date. ``density`` are the hours and weekdays.
    """

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    vacation: Mapping[tuple[int, int], float] = field(default_factory=dict)
    reduced_days: Mapping[date, float] = field(default_factory=dict)
    density: TimeDensity = field(default_factory=lambda: load_time_density(BUSINESS))

    @classmethod
    def from_place(cls, zone: ZoneInfo, place: PlaceCalendar, density: str = BUSINESS) -> "WorkingCalendar":
        """Create the calendar of a place for a named density."""
        days = place if not load_time_density(density).includes_holidays else PlaceCalendar()
        return cls(zone, days.holidays, days.vacation, days.reduced_days, load_time_density(density))

    def near(self, target: datetime, rng: StreamRandom) -> datetime:
        """Return a working time (UTC) in the week around ``target``, drawn from the density of days and hours."""
        middle, hours = target.astimezone(self.zone).date(), self._draw_hours(rng)
        return self._draw_time(self._draw_day(middle - _HALF_WEEK, middle, rng), hours, rng)

    def after(self, earliest: datetime, target: datetime, rng: StreamRandom) -> datetime:
        """Return a working time near ``target`` that is later than ``earliest``."""
        return self._draw_after(earliest, target, self._draw_hours(rng), rng)

    def soon(self, earliest: datetime, hours: float, rng: StreamRandom) -> datetime:
        """Return the time some hours after ``earliest`` if people work then, else one on the next working day."""
        moment, choice = earliest + timedelta(hours=hours), self._draw_hours(rng)
        if choice is self.density.hours and self._is_within_hours(moment):
            return moment
        local = moment.astimezone(self.zone)
        is_today = local.date() > earliest.astimezone(self.zone).date() and local.hour < self.density.opens
        return self._draw_time(self._next_working_day(local.date() if is_today else local.date() + _DAY), choice, rng)

    def _next_working_day(self, day: date) -> date:
        while not self.is_working_day(day):
            day += _DAY
        return day

    def at_work(self, moment: datetime) -> datetime:
        """Return the time itself if people are at work then, else one soon after they next begin."""
        local = moment.astimezone(self.zone)
        if self.is_working_day(local.date()) and self.density.opens <= local.hour <= self.density.closes:
            return moment
        day = self._next_working_day(local.date() if local.hour < self.density.opens else local.date() + _DAY)
        begins = datetime.combine(day, time(self.density.opens, local.minute, local.second), self.zone)
        return begins.astimezone(UTC)

    def between(self, start: datetime, end: datetime, rng: StreamRandom) -> datetime:
        """Return a working time between two times; if there is hardly any, the middle of the last of it, or of both."""
        for _ in range(_TRIES):
            moment = self.near(start + (end - start) * rng.uniform(), rng)
            if start < moment < end:
                return moment
        since, until = self._last_hours(start, end)
        return since + (until - since) / 2

    def _last_hours(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Return the last working hours between two times, or the two times if nobody works between them."""
        day = end.astimezone(self.zone).date()
        while day >= start.astimezone(self.zone).date():
            opens = datetime.combine(day, time(self.density.opens), self.zone).astimezone(UTC)
            closes = datetime.combine(day, time(self.density.closes), self.zone).astimezone(UTC) + _HOUR
            since, until = max(start, opens), min(end, closes)
            if self.is_working_day(day) and since < until:
                return since, until
            day -= _DAY
        return start, end

    def on_day(self, day: date, rng: StreamRandom) -> datetime:
        """Return a time (UTC) on a day, drawn from the density of hours."""
        return self._draw_time(day, self._draw_hours(rng), rng)

    def day_of(self, moment: datetime) -> datetime:
        """Return the begin of a time's day, by the clock of the place."""
        return datetime.combine(moment.astimezone(self.zone).date(), time(), self.zone).astimezone(UTC)

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on this day."""
        return self.density.weekdays[day.weekday()] > 0 and day not in self.holidays

    def last_working_days(self, month: date, count: int) -> tuple[date, ...]:
        """Return the last working days of the month of a day, in order."""
        day, found = (month.replace(day=28) + 4 * _DAY).replace(day=1), list[date]()
        while len(found) < count:
            day -= _DAY
            if self.is_working_day(day):
                found.insert(0, day)
        return tuple(found)

    def share(self, day: date) -> float:
        """Return how much is done on a day, relative to the busiest day: from 0 to 1."""
        if not self.is_working_day(day):
            return 0.0
        reduced = min(self.vacation.get((day.month, day.day), 1.0), self.reduced_days.get(day, 1.0))
        return self.density.weekdays[day.weekday()] * reduced

    def _is_within_hours(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        return self.is_working_day(local.date()) and self.density.opens <= local.hour < self.density.closes

    def _draw_after(
        self, earliest: datetime, target: datetime, hours: WeightedChoice[int], rng: StreamRandom
    ) -> datetime:
        first = earliest.astimezone(self.zone).date() + _DAY
        middle = max(target.astimezone(self.zone).date(), first)
        return self._draw_time(self._draw_day(max(first, middle - _HALF_WEEK), middle, rng), hours, rng)

    def _draw_day(self, first: date, middle: date, rng: StreamRandom) -> date:
        """Draw a day from ``first`` to three days after ``middle``, or a later one if nobody works on any of them."""
        days = [first + timedelta(days=number) for number in range((middle + _HALF_WEEK - first).days + 1)]
        ends = list(accumulate(round(1_000 * self.share(day)) for day in days))
        if ends[-1]:
            return days[bisect_right(ends, rng.randbelow(ends[-1]))]
        day = days[-1]
        while not self.share(day):
            day += _DAY
        return day

    def _draw_hours(self, rng: StreamRandom) -> WeightedChoice[int]:
        """Draw whether something happens in or outside the usual hours, and return these."""
        share, off_hours = self.density.off_hours_share, self.density.off_hours
        return off_hours if off_hours is not None and rng.bernoulli(share) else self.density.hours

    def _draw_time(self, day: date, hours: WeightedChoice[int], rng: StreamRandom) -> datetime:
        hour = hours.pick(rng)
        minute, second = rng.randbelow(60), rng.randbelow(60)
        local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=self.zone)
        return local.astimezone(UTC)
