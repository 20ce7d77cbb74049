"""Makes the names of en_US from the US Census lists in the PyPI package ``names`` (public domain).

Run with ``names`` installed: ``python -m scripts.data.us_names``. Surnames keep the census's own shares. The shares
of first names are those of 1990; a generation that has left working life since weighs less, the one that entered
it weighs more.
"""

import importlib.util
from pathlib import Path
from typing import NamedTuple

from scripts.data.output import LOCALES, write_json

SURNAMES = 36_000
GIVEN_NAMES = 2_200
SHORTEST = 3
WEIGHT_SCALE = 1_000
"""The census prints shares in per cent with three decimals: times this they are whole numbers."""


def word_lists() -> dict[str, set[str]]:
    """First names by generation and Irish surnames, which were written down for this project."""
    found: dict[str, set[str]] = {}
    section = ""
    for line in (Path(__file__).parent / "us_generations.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = set()
        else:
            found[section].update(line.split())
    return found


LISTS = word_lists()


class GivenName(NamedTuple):
    """A first name, its weight over both sexes, and the sex that bears it more often (f or m)."""

    name: str
    weight: int
    sex: str


def census(file: str) -> list[tuple[str, int]]:
    """Rows of a census list as (NAME, share in thousandths of a per cent)."""
    spec = importlib.util.find_spec("names")
    if spec is None or spec.origin is None:
        raise SystemExit("install the PyPI package 'names' first")
    lines = (Path(spec.origin).parent / file).read_text(encoding="ascii").split("\n")
    rows = (line.split() for line in lines if line.strip())
    return [(row[0], round(float(row[1]) * WEIGHT_SCALE)) for row in rows]


def to_spelling(name: str) -> str:
    """A census name in the spelling its bearers use."""
    if name in LISTS["irish"]:
        return "O'" + name[1:].title()
    if name.startswith("MC") and len(name) > 4:  # noqa: PLR2004
        return "Mc" + name[2:].title()
    return name.title()


def surnames() -> list[tuple[str, int]]:
    """The most common surnames; names below the census's last decimal count as half of it."""
    rows = census("dist.all.last")[:SURNAMES]
    return [(to_spelling(name), max(weight * 2, 1)) for name, weight in rows if len(name) >= SHORTEST]


def by_generation(name: str, weight: int) -> int:
    """The weight of a 1990 first name among people at work today."""
    if name in LISTS["retired"]:
        return max(weight // 4, 1)
    return weight * 3 // 2 if name in LISTS["rising"] else weight


def given_names() -> list[GivenName]:
    """First names of both sexes, sorted by name so that an initial is one run of the list."""
    shares: dict[str, dict[str, int]] = {}
    for sex, file in (("f", "dist.female.first"), ("m", "dist.male.first")):
        for name, weight in census(file):
            shares.setdefault(name.title(), {})[sex] = max(weight, 1)
    rows = [
        GivenName(name, by_generation(name, sum(split.values())), max(split, key=lambda sex: split[sex]))
        for name, split in shares.items()
    ]
    return sorted(sorted(rows, key=lambda row: -row.weight)[:GIVEN_NAMES])


def main() -> None:
    """Write names.json of en_US."""
    last, first = surnames(), given_names()
    write_json(
        LOCALES / "en_US" / "names.json",
        {
            "surnames": [name for name, _ in last],
            "surnameWeights": [weight for _, weight in last],
            "given": [row.name for row in first],
            "givenWeights": [row.weight for row in first],
            "givenSex": "".join(row.sex for row in first),
        },
    )


if __name__ == "__main__":
    main()
