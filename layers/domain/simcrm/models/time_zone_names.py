"""Time zone names for simulations and schedules."""

from functools import cache
from zoneinfo import available_timezones

from simcrm.core.redaction import redact_and_quote

EXCLUDED_ZONES = {"Factory", "localtime"}
"""Files in the database that are not time zones: a placeholder and the machine's own setting."""


@cache
def time_zone_names() -> frozenset[str]:
    """Return the names in the IANA database, which are those that EventBridge Scheduler accepts."""
    return frozenset(available_timezones() - EXCLUDED_ZONES)


def validate_time_zone(value: str) -> str:
    """Validate the name of an IANA time zone, for a model field.

    Raises:
        ValueError: the name is not an IANA time zone.
    """
    if value not in time_zone_names():
        raise ValueError(f"{redact_and_quote(value)} is not an IANA time zone, such as Europe/Berlin")
    return value
