"""Time zones as simulations and schedules name them."""

from functools import cache
from zoneinfo import available_timezones

from simcrm.core.redaction import shown

NO_ZONES = {"Factory", "localtime"}
"""Files among the zones that are none: a placeholder, and whatever the machine is set to."""


@cache
def zone_names() -> frozenset[str]:
    """The names of the IANA database, which are those that EventBridge Scheduler takes."""
    return frozenset(available_timezones() - NO_ZONES)


def zone_name(value: str) -> str:
    """The name of an IANA time zone, for a model's field.

    Raises:
        ValueError: it is none.
    """
    if value not in zone_names():
        raise ValueError(f"{shown(value)} is no IANA time zone, such as Europe/Berlin")
    return value
