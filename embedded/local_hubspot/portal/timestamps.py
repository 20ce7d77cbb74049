"""Moments as HubSpot writes and reads them; inside the portal they are epoch milliseconds (int, UTC)."""

import re
from datetime import UTC, datetime

_DAY_MS = 86_400_000
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(?:Z|\+00:?00))?\Z")
_EPOCH = re.compile(r"-?\d{1,15}\Z")


def to_iso(moment: int) -> str:
    """Write epoch milliseconds as ``2026-01-31T12:00:00.123Z``; whole seconds carry no fraction."""
    seconds, millis = divmod(moment, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


def parse_moment(text: str) -> int | None:
    """Read ISO 8601 in UTC (milliseconds at most) or epoch milliseconds; None when it is neither."""
    if _EPOCH.match(text):
        return int(text)
    if _ISO.match(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def to_date(moment: int) -> str:
    """Write the UTC date of epoch milliseconds as ``2026-01-31``."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%d")


def is_midnight(moment: int) -> bool:
    """Tell whether epoch milliseconds fall on midnight UTC."""
    return moment % _DAY_MS == 0


def to_clock_text(moment: int) -> str:
    """Write the UTC time of day the way HubSpot's message does: ``20:36:1.954``."""
    millis = moment % _DAY_MS
    return f"{millis // 3_600_000}:{millis // 60_000 % 60}:{millis // 1000 % 60}.{millis % 1000}"
