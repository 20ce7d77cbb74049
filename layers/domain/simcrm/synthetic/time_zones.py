"""The time zone in which the people of a place work, by locale and region."""

from functools import cache
from zoneinfo import ZoneInfo

from simcrm.synthetic.locales import Place

_BY_LOCALE = {
    "de_DE": "Europe/Berlin",
    "en_GB": "Europe/London",
    "en_US": "America/New_York",
    "es_ES": "Europe/Madrid",
    "fr_FR": "Europe/Paris",
    "it_IT": "Europe/Rome",
    "ja_JP": "Asia/Tokyo",
    "nl_NL": "Europe/Amsterdam",
    "pt_BR": "America/Sao_Paulo",
}
_BY_REGION = {
    "en_US": {
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
    },
    "es_ES": {"Atlantic/Canary": "Canarias"},
    "pt_BR": {"America/Manaus": "AM MS MT RO RR", "America/Rio_Branco": "AC"},
}
"""Zones that differ from their locale's, by region: by its code if that consists of letters, else by its name.

A state in two zones has the zone of most of its population.
"""


@cache
def _zones(locale: str) -> tuple[ZoneInfo, dict[str, ZoneInfo]]:
    regions = _BY_REGION.get(locale, {})
    return ZoneInfo(_BY_LOCALE.get(locale, "UTC")), {
        region: ZoneInfo(zone) for zone, listed in regions.items() for region in listed.split()
    }


def time_zone_for(locale: str, place: Place) -> ZoneInfo:
    """Return the time zone of a place in a locale; UTC if the locale is unknown."""
    own, regions = _zones(locale)
    return regions.get(place.code) or regions.get(place.region) or own


def main_time_zone(locale: str) -> ZoneInfo:
    """Return the time zone in which most people of a locale live; UTC if the locale is unknown."""
    return _zones(locale)[0]
