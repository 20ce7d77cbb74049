"""Format timestamps as text."""

from datetime import UTC, datetime


def to_iso_utc(moment: datetime) -> str:
    """Format a time as both Step Functions and HubSpot accept it: ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
