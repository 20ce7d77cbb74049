"""Which days people of a place take off: public holidays of their region, and weeks in which many are on vacation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from simcrm.synthetic.data_files import read_data
from simcrm.synthetic.locales import Place

CARNIVAL_SHARE, BRIDGE_FRIDAY_SHARE = 0.2, 0.3
"""How much of a normal day's work is done in Carnival, and on the Friday after Thanksgiving. Assumed."""

_NOVEMBER, _THURSDAY = 11, 3


def _days(month: int, first: int, last: int, share: float) -> dict[tuple[int, int], float]:
    return {(month, day): share for day in range(first, last + 1)}


_YEAR_END = _days(12, 24, 31, 0.1) | _days(1, 1, 1, 0.1)
_VACATIONS = {
    "de_DE": _days(7, 1, 31, 0.8) | _days(8, 1, 31, 0.8),
    "es_ES": _days(8, 1, 31, 0.4),
    "fr_FR": _days(8, 1, 31, 0.4),
    "nl_NL": _days(7, 15, 31, 0.7) | _days(8, 1, 31, 0.7),
    "it_IT": _days(8, 1, 31, 0.4) | _days(8, 10, 21, 0.1),
    "ja_JP": _days(4, 29, 30, 0.1) | _days(5, 1, 5, 0.1) | _days(8, 13, 16, 0.2) | _days(1, 2, 3, 0.1),
}
"""Shares of normal work in vacation weeks: summer, Ferragosto, Golden Week, Obon. Assumed; no figures are published."""


@dataclass(frozen=True, slots=True)
class PlaceCalendar:
    """The days off of a place.

    ``holidays`` are public holidays from Monday to Friday. ``vacation`` is the share of normal work on days of every
    year, by month and day, and ``reduced_days`` the same for days that fall on another date each year.
    """

    holidays: frozenset[date] = frozenset()
    vacation: Mapping[tuple[int, int], float] = field(default_factory=dict)
    reduced_days: Mapping[date, float] = field(default_factory=dict)


def load_place_calendar(locale: str, place: Place) -> PlaceCalendar:
    """Return the calendar of a place in a locale; without any holidays if the locale is unknown.

    Holidays are known for 2015 to 2040. Raises DataFileError.
    """
    listed: Mapping[str, Any] = _data().get(locale, {})
    return _region_calendar(locale, next((key for key in (place.code, place.region) if key in listed), ""))


@cache
def _region_calendar(locale: str, region: str) -> PlaceCalendar:
    listed: Mapping[str, list[int]] = _data().get(locale, {})
    days = frozenset(_dates(listed.get("", ()))) | frozenset(_dates(listed.get(region, ())))
    return PlaceCalendar(days, _YEAR_END | _VACATIONS.get(locale, {}), _reduced_days(locale))


def _reduced_days(locale: str) -> dict[date, float]:
    if locale == "pt_BR":
        return dict.fromkeys(_dates(_data()["carnival"]), CARNIVAL_SHARE)
    if locale == "en_US":
        years = range(_data()["firstYear"], _data()["lastYear"] + 1)
        return {_thanksgiving(year) + timedelta(days=1): BRIDGE_FRIDAY_SHARE for year in years}
    return {}


def _thanksgiving(year: int) -> date:
    """Return the fourth Thursday of November."""
    first = date(year, _NOVEMBER, 1)
    return first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 21)


def _dates(gaps: Iterable[int]) -> list[date]:
    """Return the dates that a list of gaps stands for; the first gap is counted from the first year's beginning."""
    first = date(_data()["firstYear"], 1, 1)
    return [first + timedelta(days=days) for days in accumulate(gaps)]


def _data() -> dict[str, Any]:
    holidays: dict[str, Any] = read_data("holidays.json")
    return holidays
