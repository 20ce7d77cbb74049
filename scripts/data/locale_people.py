"""Makes the names of the locales beside en_US.

The common names and their weights are written down in ``people``; the long tail comes from the lists in the PyPI
package ``Faker`` (MIT). Run with Faker installed: ``python -m scripts.data.locale_people``.
"""

import importlib
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from scripts.data.output import LOCALES, write_json

PEOPLE = Path(__file__).parent / "people"
TAIL_SHARES = {"last_names": 0.35, "first_names_female": 0.12, "first_names_male": 0.12}
"""How much of the whole the names outside the written lists weigh together."""
SCALE = 100
LEFT_OUT = {"Begum", "Bibi", "Kaur"}
"""Surnames of women alone, which no list of surnames tells from those of both sexes."""
ONE_ORIGIN = "of one origin"
"""The section of first names that go with some surnames only: ``first names: surnames``."""
SEPARATE = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


class Name(NamedTuple):
    """A name, its form in Latin letters without marks, and its weight."""

    display: str
    latin: str
    weight: int


def latin(name: str, locale: str) -> str:
    """A name in plain Latin letters."""
    text = name.translate(GERMAN) if locale.startswith("de") else name
    return unicodedata.normalize("NFKD", text.translate(SEPARATE)).encode("ascii", "ignore").decode()


def read_listed(locale: str) -> dict[str, list[Name]]:
    """The written names by section; ``name|latin`` gives the Latin form where it does not follow from the name."""
    found: dict[str, list[Name]] = {}
    section = ""
    for line in (PEOPLE / f"{locale}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = []
        elif section != ONE_ORIGIN:
            found[section] += pairs(line.split(), locale)
    return found


def pairs(words: list[str], locale: str) -> list[Name]:
    """Names of a line of names and weights; a name of two words stands before its one weight."""
    names: list[Name] = []
    parts: list[str] = []
    for word in words:
        if word.isdigit():
            shown, _, given = " ".join(parts).partition("|")
            names.append(Name(shown, given or latin(shown, locale), int(word) * SCALE))
            parts = []
        else:
            parts.append(word)
    return names


def tail(locale: str, attribute: str, known: list[Name]) -> list[Name]:
    """Faker's names that are not listed, sharing their part of the weight evenly."""
    if locale.startswith("ja"):
        return []
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    taken = {name.display for name in known}
    others = sorted({name for name in getattr(provider, attribute) if fits(name, locale)} - taken - LEFT_OUT)
    total = sum(name.weight for name in known)
    share = TAIL_SHARES[attribute]
    each = round(total * share / (1 - share) / len(others)) if others else 0
    return [Name(name, latin(name, locale), max(1, each)) for name in others]


def fits(name: str, locale: str) -> bool:
    """Whether a name is one word that can be written in Latin letters."""
    return name.replace("-", "").isalpha() and latin(name, locale).replace("-", "").isalpha()


def given_names(sexes: Iterable[tuple[str, list[Name]]]) -> list[tuple[Name, str]]:
    """First names of both sexes, sorted by their Latin form so that an initial is one run of the list."""
    rows: dict[str, tuple[Name, str]] = {}
    for sex, names in sexes:
        for name in names:
            rows.setdefault(name.display, (name, sex))
    return sorted(rows.values(), key=lambda row: (row[0].latin.lower(), row[0].display))


def surnames_of(locale: str) -> dict[str, dict[str, list[str]]]:
    """The column of surnames by the first names that go with them only; none if there are no such names."""
    _, _, lines = (PEOPLE / f"{locale}.txt").read_text(encoding="utf-8").partition(f"[{ONE_ORIGIN}]\n")
    rows = (line.split(": ") for line in lines.splitlines())
    found = {name: last.split() for first, last in rows for name in first.split()}
    return {"surnamesOf": found} if found else {}


def make(locale: str) -> None:
    """Write names.json of a locale."""
    known = read_listed(locale)
    last = known["surname"] + tail(locale, "last_names", known["surname"])
    first = given_names(
        (sex[0], known[sex] + tail(locale, f"first_names_{sex}", known["female"] + known["male"]))
        for sex in ("female", "male")
    )
    write_json(
        LOCALES / locale / "names.json",
        {
            "surnames": [name.display for name in last],
            "surnameLatin": [name.latin for name in last],
            "surnameWeights": [name.weight for name in last],
            "given": [name.display for name, _ in first],
            "givenLatin": [name.latin for name, _ in first],
            "givenWeights": [name.weight for name, _ in first],
            "givenSex": "".join(sex for _, sex in first),
            **surnames_of(locale),
        },
    )


if __name__ == "__main__":
    for chosen in sys.argv[1:] or sorted(path.stem for path in PEOPLE.glob("*.txt")):
        make(chosen)
