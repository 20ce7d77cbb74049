"""Times as HubSpot writes and reads them; inside the portal they are epoch milliseconds (int, UTC)."""

import re
from datetime import UTC, datetime

_DAY_MS = 86_400_000
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(?:Z|\+00:?00))?\Z")
_EPOCH = re.compile(r"-?\d{1,15}\Z")


def to_iso(moment: int) -> str:
    """Format epoch milliseconds as ``2026-01-31T12:00:00.123Z``, without a fraction for whole seconds."""
    seconds, millis = divmod(moment, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


def parse_moment(text: str) -> int | None:
    """Parse ISO 8601 in UTC (up to milliseconds) or epoch milliseconds; None if it is neither."""
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
    """Format epoch milliseconds as a UTC date, ``2026-01-31``."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%d")


def is_midnight(moment: int) -> bool:
    """Whether epoch milliseconds are midnight UTC."""
    return moment % _DAY_MS == 0


def to_clock_text(moment: int) -> str:
    """Format the UTC time of day as in HubSpot's message: ``20:36:1.954``."""
    millis = moment % _DAY_MS
    return f"{millis // 3_600_000}:{millis // 60_000 % 60}:{millis // 1000 % 60}.{millis % 1000}"
