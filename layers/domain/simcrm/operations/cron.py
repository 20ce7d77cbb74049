"""EventBridge Scheduler cron expressions: parsing, and the next time they fire in a time zone."""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from simcrm.core.errors import InvalidInputError

FIELD = "expression"
LAST_YEAR = 2199
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
SATURDAY, SUNDAY, WEEK = 5, 6, 7
ANY, EACH = "?", "*"

FIELDS: Mapping[str, tuple[int, int, Mapping[str, int]]] = {
    "minutes": (0, 59, {}),
    "hours": (0, 23, {}),
    "day of the month": (1, 31, {}),
    "month": (1, 12, MONTHS),
    "day of the week": (1, 7, DAYS),
    "year": (1970, LAST_YEAR, {}),
}
_PART = re.compile(r"(?:(?P<each>\*)|(?P<first>[0-9A-Z]+)(?:-(?P<last>[0-9A-Z]+))?)(?:/(?P<step>[0-9]{1,4}))?")
_DAY = re.compile(r"(?P<last>L)|(?P<workday>LW|[0-9]{1,2}W)")
_WEEKDAY = re.compile(r"(?P<last>[1-7])L|(?P<nth>[1-7])#(?P<number>[1-5])|(?P<saturday>L)")


@dataclass(frozen=True, slots=True)
class Cron:
    """The six fields of an expression, each in its own notation and in upper case."""

    minutes: Sequence[int]
    hours: Sequence[int]
    day: str
    months: Sequence[int]
    weekday: str
    years: Sequence[int]

    def days(self, year: int, month: int) -> list[int]:
        """Return the days of a month on which the expression fires, in ascending order."""
        length = calendar.monthrange(year, month)[1]
        chosen = (
            _days_by_weekday(self.weekday, year, month)
            if self.day == ANY
            else _days_by_month_day(self.day, year, month)
        )
        return sorted(day for day in chosen if 1 <= day <= length)

    def next_after(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first time after ``now`` at which the expression fires, in UTC; None if it never fires again.

        A local time that the zone skips does not fire; a local time that it repeats fires on the first occurrence.
        """
        today = now.astimezone(zone).date()
        for day in self._dates(today):
            for hour in self.hours:
                for minute in self.minutes:
                    moment = local_to_utc(datetime.combine(day, time(hour, minute)), zone)
                    if moment is not None and moment > now:
                        return moment
        return None

    def _dates(self, first: date) -> Iterator[date]:
        for year in self.years:
            if year < first.year:
                continue
            for month in self.months:
                dates = (date(year, month, day) for day in self.days(year, month))
                yield from (candidate for candidate in dates if candidate >= first)


def local_to_utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Convert a local time to UTC; return None for a time that the zone skips."""
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def parse_cron(text: str) -> Cron:
    """Parse six fields separated by white space.

    Raises:
        InvalidInputError: a field is invalid; the error names it and gives the reason.
    """
    fields = text.upper().split()
    if len(fields) != len(FIELDS):
        raise InvalidInputError(FIELD, f"cron has {len(FIELDS)} fields: {', '.join(FIELDS)}")
    texts = dict(zip(FIELDS, fields, strict=True))
    day, weekday = texts["day of the month"], texts["day of the week"]
    if (day == ANY) == (weekday == ANY):
        raise InvalidInputError(FIELD, "cron needs ? for either the day of the month or the day of the week")
    if day != ANY and _DAY.fullmatch(day) is None:
        _parse_values("day of the month", day)
    if weekday != ANY and _WEEKDAY.fullmatch(weekday) is None:
        _parse_values("day of the week", weekday)
    minutes, hours, months, years = (_parse_values(name, texts[name]) for name in ("minutes", "hours", "month", "year"))
    return Cron(minutes, hours, day, months, weekday, years)


def _parse_values(name: str, text: str) -> list[int]:
    return sorted({value for part in text.split(",") for value in _parse_part(name, part)})


def _parse_part(name: str, text: str) -> range:
    low, high, names = FIELDS[name]
    match = _PART.fullmatch(text)
    if match is None:
        raise _invalid_field(name, text)
    begin = low if match["each"] else _parse_number(name, match["first"], names)
    only = match["last"] or (None if match["each"] or match["step"] else match["first"])
    end = high if only is None else _parse_number(name, only, names)
    step = int(match["step"] or 1)
    if step == 0 or not low <= begin <= end <= high:
        raise _invalid_field(name, text)
    return range(begin, end + 1, step)


def _parse_number(name: str, text: str, names: Mapping[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdecimal():
        raise _invalid_field(name, text)
    return int(text)


def _invalid_field(name: str, text: str) -> InvalidInputError:
    return InvalidInputError(FIELD, f"cron's {name} cannot be {text}")


def _days_by_month_day(text: str, year: int, month: int) -> list[int]:
    length = calendar.monthrange(year, month)[1]
    if text == "L":
        return [length]
    if not text.endswith("W"):
        return _parse_values("day of the month", text)
    day = length if text == "LW" else int(text[:-1])
    return [_workday(year, month, day)] if 1 <= day <= length else []


def _workday(year: int, month: int, day: int) -> int:
    """Return the weekday (Monday to Friday) nearest to a day, within the same month."""
    length, weekday = calendar.monthrange(year, month)[1], calendar.weekday(year, month, day)
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def _days_by_weekday(text: str, year: int, month: int) -> list[int]:
    match, length = _WEEKDAY.fullmatch(text), calendar.monthrange(year, month)[1]
    weekdays = {WEEK} if text == "L" else set() if match else set(_parse_values("day of the week", text))
    if match is None or match["saturday"]:
        return [day for day in range(1, length + 1) if _cron_weekday(year, month, day) in weekdays]
    of_kind = int(match["last"] or match["nth"])
    days = [day for day in range(1, length + 1) if _cron_weekday(year, month, day) == of_kind]
    return days[-1:] if match["last"] else days[int(match["number"]) - 1 : int(match["number"])]


def _cron_weekday(year: int, month: int, day: int) -> int:
    """Return the cron number of a day of the week; Sunday is 1."""
    return (calendar.weekday(year, month, day) + 1) % WEEK + 1
