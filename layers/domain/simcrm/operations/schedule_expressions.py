"""EventBridge Scheduler expressions: normalize them, and reject those that would never fire."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from simcrm.core.errors import InvalidInputError
from simcrm.operations.cron import FIELD, FIELDS, LAST_YEAR, local_to_utc, parse_cron

_RATE = re.compile(r"rate\(([1-9][0-9]{0,5}) (minute|hour|day)s?\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)\)")
_CRON = re.compile(r"cron\((.*)\)")


@dataclass(frozen=True, slots=True)
class Firing:
    """An expression and its time zone as sent to Scheduler, and when it first fires (UTC)."""

    expression: str
    zone: str
    first: datetime


def normalize_expression(expression: str, zone: str, now: datetime) -> Firing:
    """Check an expression; an ``at`` time is converted to UTC for Scheduler.

    Six cron fields may be given without ``cron(...)``.

    Raises:
        InvalidInputError: it is not a cron, rate or at expression, is in the past, or never fires.
    """
    text = expression.strip()
    if len(text.split()) == len(FIELDS) and "(" not in text:
        text = f"cron({text})"
    if (rate := _RATE.fullmatch(text)) is not None:
        return Firing(_format_rate(int(rate[1]), rate[2]), zone, now)
    if (at := _AT.fullmatch(text)) is not None:
        return _at_firing(at[1], zone, now)
    if (cron := _CRON.fullmatch(text)) is not None:
        return _cron_firing(cron[1], zone, now)
    raise InvalidInputError(FIELD, "must be like cron(0 3 * * ? *), rate(1 hour) or at(2027-01-31T08:00:00)")


def _format_rate(count: int, unit: str) -> str:
    """Format a rate as ``1 hour`` or ``2 hours``; without a start time it first fires immediately."""
    return f"rate({count} {unit})" if count == 1 else f"rate({count} {unit}s)"


def _cron_firing(fields: str, zone: str, now: datetime) -> Firing:
    first = parse_cron(fields).next_after(now, ZoneInfo(zone))
    if first is None:
        raise InvalidInputError(FIELD, f"never occurs after {now:%Y-%m-%d %H:%M} UTC in the time zone {zone}")
    return Firing(f"cron({' '.join(fields.upper().split())})", zone, first)


def _at_firing(text: str, zone: str, now: datetime) -> Firing:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(FIELD, f"{text} is not a date and time") from None
    if local.year > LAST_YEAR:
        raise InvalidInputError(FIELD, f"{text} is after the year {LAST_YEAR}")
    if local.year < now.year - 1:
        raise InvalidInputError(FIELD, f"{text} is in the past")
    moment = local_to_utc(local, ZoneInfo(zone))
    if moment is None:
        later = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
        problem = f"{text} does not exist in {zone}, where clocks skip it: use {later:%Y-%m-%dT%H:%M:%S}"
        raise InvalidInputError(FIELD, problem)
    if moment <= now:
        raise InvalidInputError(FIELD, f"{text} is in the past")
    return Firing(f"at({moment:%Y-%m-%dT%H:%M:%S})", "UTC", moment)
