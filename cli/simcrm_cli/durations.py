"""Parsing of lengths of time for ``--last``: 90d, 2w, 18mo, 1y."""

import calendar
import re
from datetime import UTC, datetime, timedelta

import typer

FIRST_YEAR = 2000
"""First year that the API accepts."""

_DURATION = re.compile(r"([1-9][0-9]{0,3})(d|w|mo|y)")
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mo": 1, "y": 12}


def begin_before(length: str, now: datetime) -> str:
    """Return the time this long before ``now``, in the API's format.

    Months are calendar months: one month before 31 March is the last day of February.

    Raises:
        BadParameter: it is not a length of time, or goes back beyond the year 2000.
    """
    match = _DURATION.fullmatch(length.strip().lower())
    if match is None:
        raise typer.BadParameter("specify a number of days, weeks, months or years: 90d, 2w, 18mo or 1y")
    begin = _before(now.astimezone(UTC).replace(microsecond=0), int(match[1]), match[2])
    if begin is None:
        raise typer.BadParameter(f"{length} reaches back beyond the year {FIRST_YEAR}")
    return begin.isoformat().replace("+00:00", "Z")


def _before(now: datetime, count: int, unit: str) -> datetime | None:
    if unit in _DAYS:
        begin = now - timedelta(days=count * _DAYS[unit])
        return begin if begin.year >= FIRST_YEAR else None
    months = now.year * 12 + now.month - 1 - count * _MONTHS[unit]
    year, month = months // 12, months % 12 + 1
    if year < FIRST_YEAR:
        return None
    return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))
