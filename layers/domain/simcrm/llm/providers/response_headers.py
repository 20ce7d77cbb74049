"""Limits and delays in the headers of a provider's response."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from simcrm.llm.providers.base import RateLimitWindow, RateLimitWindows

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}

WindowNames = tuple[Sequence[str], Sequence[str], Sequence[str]]
"""The names of the windows of requests, input and output tokens; of several, the first one that is stated counts."""


def parse_rate_limits(headers: Mapping[str, str], limits: str, remaining: str, names: WindowNames) -> RateLimitWindows:
    """Parse limits; the patterns hold ``{}`` for a window's name."""
    return RateLimitWindows(*(_first_window(headers, limits, remaining, variants) for variants in names))


def _first_window(
    headers: Mapping[str, str], limits: str, remaining: str, variants: Sequence[str]
) -> RateLimitWindow | None:
    windows = (_parse_window(headers, limits.format(name), remaining.format(name)) for name in variants)
    return next((window for window in windows if window is not None), None)


def _parse_window(headers: Mapping[str, str], limit: str, remaining: str) -> RateLimitWindow | None:
    try:
        return RateLimitWindow(int(headers[limit]), int(headers[remaining]))
    except (KeyError, ValueError):
        return None


def parse_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, if the provider states them: in milliseconds, in seconds or as a date."""
    milliseconds, text = _parse_number(headers.get("retry-after-ms", "")), headers.get("retry-after", "")
    if milliseconds is not None:
        return max(0.0, milliseconds / 1_000)
    seconds = _parse_number(text)
    if seconds is None:
        seconds = _seconds_until(text, now)
    return None if seconds is None else max(0.0, seconds)


def parse_reset_delay(headers: Mapping[str, str], remaining: str, reset: str, names: Sequence[str]) -> float | None:
    """Seconds until all windows that are used up are reset, None if none is or nothing is stated."""
    spent = [name for name in names if headers.get(remaining.format(name)) == "0"]
    delays = (parse_duration(headers.get(reset.format(name), "")) for name in spent)
    return max((delay for delay in delays if delay is not None), default=None)


def parse_duration(text: str) -> float | None:
    """Seconds of a duration such as ``6m0s``, ``1s`` or ``12ms``; a number alone is in seconds."""
    if _DURATION.fullmatch(text):
        return sum(float(amount) * _UNIT_SECONDS[unit] for amount, unit in _DURATION_PART.findall(text))
    return _parse_number(text)


def _parse_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
