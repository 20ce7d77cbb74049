"""Makes the names of the locales beside en_US.

All names and their weights are written down in ``people``. Run ``python -m scripts.data.locale_people``.
"""

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from scripts.data.output import LOCALES, write_json

PEOPLE = Path(__file__).parent / "people"
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
        else:
            found[section] += pairs(line.split(), locale)
    return found


def pairs(words: list[str], locale: str) -> list[Name]:
    """Names of a line of names and weights; a name of two words stands before its one weight."""
    names: list[Name] = []
    parts: list[str] = []
    for word in words:
        if word.isdigit():
            shown, _, given = " ".join(parts).partition("|")
            names.append(Name(shown, given or latin(shown, locale), int(word)))
            parts = []
        else:
            parts.append(word)
    return names


def given_names(sexes: Iterable[tuple[str, list[Name]]]) -> list[tuple[Name, str]]:
    """First names of both sexes, sorted by their Latin form so that an initial is one run of the list."""
    rows: dict[str, tuple[Name, str]] = {}
    for sex, names in sexes:
        for name in names:
            rows.setdefault(name.display, (name, sex))
    return sorted(rows.values(), key=lambda row: (row[0].latin.lower(), row[0].display))


def make(locale: str) -> None:
    """Write names.json of a locale."""
    known = read_listed(locale)
    last = known["surname"]
    first = given_names((sex[0], known[sex]) for sex in ("female", "male"))
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
        },
    )


if __name__ == "__main__":
    for chosen in sys.argv[1:] or sorted(path.stem for path in PEOPLE.glob("*.txt")):
        make(chosen)
