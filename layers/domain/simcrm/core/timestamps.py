"""Timestamps as text."""

from datetime import UTC, datetime


def to_iso_utc(moment: datetime) -> str:
    """A moment as Step Functions and HubSpot both read it: ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
