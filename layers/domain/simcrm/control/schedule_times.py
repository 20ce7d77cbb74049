"""When a schedule fires: expressions as EventBridge Scheduler takes them, refused if they never would."""

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from simcrm.errors import InvalidInputError

FIELD = "expression"
YEARS_AHEAD = 8
"""The longest wait for a date that exists at all: 29 February, over a century without a leap year."""

_RATE = re.compile(r"rate\(([1-9]\d{0,5}) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)")
_CRON = re.compile(r"cron\((.*)\)")
_PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_DAY_SPECIAL = re.compile(r"L|LW|\d{1,2}W")
_WEEKDAY_SPECIAL = re.compile(r"L|[1-7]L|[1-7]#[1-5]")


def firing(expression: str, zone: str, now: datetime) -> tuple[str, str]:
    """The expression and its time zone as Scheduler gets them; a moment is given in UTC.

    Six cron fields may stand without ``cron(...)``.

    Raises:
        InvalidInputError: it is none of cron, rate and at, lies in the past or never comes.
    """
    text = expression.strip()
    if len(text.split()) == len(_FIELDS) and "(" not in text:
        text = f"cron({text})"
    if _RATE.fullmatch(text):
        return text, zone
    if (at := _AT.fullmatch(text)) is not None:
        return _moment(at[1], zone, now), "UTC"
    if (cron := _CRON.fullmatch(text)) is not None:
        _require_match(cron[1].upper().split(), now.date())
        return text, zone
    raise InvalidInputError(FIELD, "is none of cron(0 3 * * ? *), rate(1 hour) and at(2027-01-31T08:00:00)")


def _moment(text: str, zone: str, now: datetime) -> str:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except ValueError:
        raise InvalidInputError(FIELD, f"{text} is no date and time") from None
    if moment <= now:
        raise InvalidInputError(FIELD, f"{text} has passed")
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


_FIELDS: Mapping[str, tuple[int, int, Mapping[str, int]]] = {
    "minutes": (0, 59, {}),
    "hours": (0, 23, {}),
    "day of the month": (1, 31, {}),
    "month": (1, 12, MONTHS),
    "day of the week": (1, 7, DAYS),
    "year": (1970, 2199, {}),
}


def _require_match(fields: list[str], today: date) -> None:
    if len(fields) != len(_FIELDS):
        raise InvalidInputError(FIELD, f"cron has {len(_FIELDS)} fields: {', '.join(_FIELDS)}")
    found = dict(zip(_FIELDS, fields, strict=True))
    day, weekday = found["day of the month"], found["day of the week"]
    if (day == "?") == (weekday == "?"):
        raise InvalidInputError(FIELD, "cron needs ? for the day of the month or for that of the week, not for both")
    special = {day} if _DAY_SPECIAL.fullmatch(day) else {weekday} if _WEEKDAY_SPECIAL.fullmatch(weekday) else set()
    sets = {name: _values(name, text) for name, text in found.items() if text not in special | {"?"}}
    years = [year for year in sorted(sets["year"]) if year >= today.year][: YEARS_AHEAD + 1]
    if not any(_matches(date(year, month, 1), sets, day, today) for year in years for month in sorted(sets["month"])):
        raise InvalidInputError(FIELD, "never comes")


def _matches(first: date, sets: Mapping[str, set[int]], day: str, today: date) -> bool:
    """Whether a month has a day of the schedule that has not passed."""
    last = calendar.monthrange(first.year, first.month)[1]
    days = sets.get("day of the month")
    if days is None:
        number = re.match(r"\d+", day)
        days = {int(number[0])} if number else {last}
    if "day of the week" in sets or day == "?":
        days = set(range(1, last + 1))
    return any(number <= last and first.replace(day=number) >= today for number in days)


def _values(name: str, text: str) -> set[int]:
    return {value for part in text.split(",") for value in _part(name, part)}


def _part(name: str, text: str) -> range:
    low, high, names = _FIELDS[name]
    match = _PART.fullmatch(text)
    if match is None:
        raise InvalidInputError(FIELD, f"cron's {name} cannot be {text}")
    begin = low if match[1] == "*" else _number(name, match[1], names)
    end = high if match[1] == "*" or (match[3] and not match[2]) else _number(name, match[2] or match[1], names)
    if not low <= begin <= end <= high or match[3] == "0":
        raise InvalidInputError(FIELD, f"cron's {name} cannot be {text}")
    return range(begin, end + 1, int(match[3] or 1))


def _number(name: str, text: str, names: Mapping[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdigit():
        raise InvalidInputError(FIELD, f"cron's {name} cannot be {text}")
    return int(text)
