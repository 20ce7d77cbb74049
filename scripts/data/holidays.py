"""Makes the public holidays of all locales from the PyPI package ``holidays`` 0.109 (MIT).

Run with ``requirements/data.txt`` installed: ``python -m scripts.data.holidays``, then ``scripts.data.manifest``. Only
days from Monday to Friday are written. Days that a whole locale has in common are written once, and for each region
those that it has in addition. A list holds the number of days from each holiday to the next, the first one counted
from 1 January of the first year.
"""

import importlib
import json
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from scripts.data.output import DATA, LOCALES, write_json

holidays = importlib.import_module("holidays")

YEARS = range(2015, 2041)
FIRST_DAY = date(YEARS[0], 1, 1)
CATEGORIES = {"JP": ("public", "bank")}
"""Japan's firms rest on bank holidays too: 31 December to 3 January."""
RENAMED_REGIONS = {
    "Comunidad Valenciana": "VC",
    "Comunidad de Madrid": "MD",
    "Región de Murcia": "MC",
    "Cardiff": "WLS",
    "Vale of Glamorgan": "WLS",
    "Swansea": "WLS",
    "Newport": "WLS",
    "Wrexham": "WLS",
    "City of Edinburgh": "SCT",
    "East Lothian": "SCT",
    "Glasgow City": "SCT",
    "Renfrewshire": "SCT",
    "Aberdeen City": "SCT",
    "Dundee City": "SCT",
    "Highland": "SCT",
    "Perth and Kinross": "SCT",
    "Stirling": "SCT",
    "West Lothian": "SCT",
    "County Antrim": "NIR",
    "County Down": "NIR",
    "County Londonderry": "NIR",
}
"""Subdivisions of regions that the package knows by another name; all other regions of Great Britain are English."""
WITHOUT_SUBDIVISIONS = {"FR", "IT", "JP", "NL"}
"""Countries whose regions have no holidays of their own. Those of Alsace and Moselle are not the whole region's, and
those of an Italian patron saint are a single town's."""


def subdivision(country: str, code: str, region: str) -> str | None:
    """The package's code of a region, or None if the region has only national holidays."""
    if country in WITHOUT_SUBDIVISIONS:
        return None
    names = holidays.list_supported_countries()[country]
    aliases: dict[str, str] = getattr(holidays, country).subdivisions_aliases
    found = RENAMED_REGIONS.get(region) or (code if code in names else aliases.get(region))
    if found is None and country != "GB":
        raise LookupError(f"{country} has no region {region!r}")
    return found or "ENG"


def weekday_holidays(country: str, region: str | None) -> set[date]:
    """The public holidays of a region from Monday to Friday."""
    categories = CATEGORIES.get(country, ("public",))
    days = holidays.country_holidays(country, subdiv=region, years=YEARS, categories=categories)
    return {day for day in days if day.weekday() < 5 and day.year in YEARS}  # noqa: PLR2004


def gaps(days: Iterable[date]) -> list[int]:
    """The number of days from each date to the next."""
    return [(later - earlier).days for earlier, later in pairwise([FIRST_DAY, *sorted(days)])]


def locale_holidays(locale: str) -> dict[str, list[int]]:
    """The holidays of a locale: those of all its regions under the key "", and those a region has in addition."""
    country = locale[-2:]
    regions: dict[str, str] = json.loads((LOCALES / locale / "places.json").read_text(encoding="utf-8"))["regions"]
    by_region = {
        code if code.isalpha() else region: weekday_holidays(country, subdivision(country, code, region))
        for code, region in regions.items()
    }
    common = set.intersection(*by_region.values())
    further = {region: gaps(days - common) for region, days in by_region.items() if days - common}
    return {"": gaps(common), **further}


def carnival() -> list[int]:
    """The weekdays of Brazil's Carnival, on which employers decide whether people work."""
    days = holidays.country_holidays("BR", years=YEARS, categories=("optional",), language="en_US")
    return gaps(day for day, name in days.items() if "Carnival" in name or "Ash" in name)


def main() -> None:
    """Write holidays.json."""
    columns: dict[str, Any] = {"firstYear": YEARS[0], "lastYear": YEARS[-1]}
    columns |= {path.name: locale_holidays(path.name) for path in sorted(LOCALES.iterdir())}
    write_json(DATA / "holidays.json", {**columns, "carnival": carnival()})


if __name__ == "__main__":
    main()
