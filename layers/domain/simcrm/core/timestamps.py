"""Format timestamps as text."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=64)  # a batch formats the same few times again and again
def to_iso_utc(moment: datetime) -> str:
    """Format a time as both Step Functions and HubSpot accept it: ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
