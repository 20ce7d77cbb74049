"""When and where the events and webinars take place that accounts come from: each once a year, always in one city."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.synthetic.seeded_random import SeedSequence

EVENT_WEEKS = (*range(3, 27), *range(36, 50))
"""The ISO weeks in which events take place: not in the summer, nor around New Year."""

_TUESDAY, _EVENT_DAYS = 2, 3
"""Events begin from Tuesday to Thursday."""
_EVENT_HOUR, _FIRST_WEBINAR_HOUR, _WEBINAR_HOURS = 9, 10, 6
_CACHED = 4_096


class SourceEvent(NamedTuple):
    """An event or a webinar; ``starts_at`` is in UTC."""

    name: str
    city: str
    starts_at: datetime


class EventSchedule:
    """The events and webinars of one locale for one seed.

    The week, the weekday, the hour and the city of a name are the same in every year. ``zone`` is the time zone in
    which they begin on the hour.
    """

    def __init__(self, seed: SeedSequence, locale: str, cities: Sequence[str], zone: ZoneInfo) -> None:
        self._seed, self._locale, self._cities, self._zone = seed, locale, cities, zone
        self._in_year = lru_cache(maxsize=_CACHED)(self._draw)

    def event_for(self, names: Sequence[str], arrived_at: datetime) -> SourceEvent:
        """Return which of these events was the last one to begin before an account arrived."""
        return self._latest(names, arrived_at, is_webinar=False)

    def webinar_for(self, topics: Sequence[str], arrived_at: datetime) -> SourceEvent:
        """Return the webinar on which of these topics was the last one to begin before an account arrived."""
        return self._latest(topics, arrived_at, is_webinar=True)

    def _latest(self, names: Sequence[str], arrived_at: datetime, *, is_webinar: bool) -> SourceEvent:
        years = range(arrived_at.year - 1, arrived_at.year + 1)
        found = (self._in_year(name, year, is_webinar) for name in names for year in years)
        return max((event for event in found if event.starts_at <= arrived_at), key=lambda event: event.starts_at)

    def _draw(self, name: str, year: int, is_webinar: bool) -> SourceEvent:  # noqa: FBT001
        week = EVENT_WEEKS[self._number("week", name, len(EVENT_WEEKS))]
        starts_on = date.fromisocalendar(year, week, _TUESDAY + self._number("day", name, _EVENT_DAYS))
        hour = _FIRST_WEBINAR_HOUR + self._number("hour", name, _WEBINAR_HOURS) if is_webinar else _EVENT_HOUR
        city = self._cities[self._number("city", name, len(self._cities))]
        return SourceEvent(name, city, datetime.combine(starts_on, time(hour), self._zone).astimezone(UTC))

    def _number(self, label: str, name: str, limit: int) -> int:
        return self._seed.constant(f"{label}/{self._locale}/{name}") % limit
