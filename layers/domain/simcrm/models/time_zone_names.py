"""Time zones as simulations and schedules name them."""

from functools import cache
from zoneinfo import available_timezones

from simcrm.core.redaction import redact_and_quote

EXCLUDED_ZONES = {"Factory", "localtime"}
"""Files among the zones that are none: a placeholder, and whatever the machine is set to."""


@cache
def time_zone_names() -> frozenset[str]:
    """The names of the IANA database, which are those that EventBridge Scheduler takes."""
    return frozenset(available_timezones() - EXCLUDED_ZONES)


def validate_time_zone(value: str) -> str:
    """The name of an IANA time zone, for a model's field.

    Raises:
        ValueError: it is none.
    """
    if value not in time_zone_names():
        raise ValueError(f"{redact_and_quote(value)} is no IANA time zone, such as Europe/Berlin")
    return value
