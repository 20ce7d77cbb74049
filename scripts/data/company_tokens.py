"""Makes the parts of company names of each locale from the word lists in ``company_words``.

Run after the names: ``python -m scripts.data.company_tokens``. Two companies must never get one domain, so a domain
must be readable back into its parts: no part may begin another part of the same place (the lists are prefix-free). This
script leaves out the words that would break it, the rarer ones first.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from scripts.data.output import LOCALES, write_json

WORDS = Path(__file__).parent / "company_words"
SURNAMES = 14_000
SHORTEST, LONGEST = 4, 10
KNOWN_INITIALS = {
    "KGB",
    "BMW",
    "CBS",
    "NBC",
    "PBS",
    "KFC",
    "RCA",
    "GMC",
    "CDC",
    "BMG",
    "NPR",
    "PGT",
    "CNN",
    "SBS",
    "MTV",
    "DVD",
    "VHS",
    "LSD",
    "STD",
}
KNOWN_INITIALS_OF = {
    "en_GB": {
        "BHS",
        "BMJ",
        "BNP",
        "CPS",
        "DFS",
        "DFT",
        "DHL",
        "DWP",
        "GBH",
        "GKN",
        "HMV",
        "JCB",
        "NCP",
        "NHS",
        "RBS",
        "SNP",
        "TSB",
    }
}
"""More that mean something else in one country."""
ROOMY = "roomy"
"""The line of the styles that names the one with room for companies beyond the others."""
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Token(NamedTuple):
    """A part of a name as it is shown and as it stands in a domain."""

    display: str
    slug: str


def to_slug(text: str, locale: str) -> str:
    """The letters of a domain for this text."""
    lowered = text.lower().translate(GERMAN) if locale.startswith("de") else text.lower()
    plain = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain if letter.isalnum())


def sections(locale: str) -> dict[str, list[str]]:
    """The word list of a locale by section; a section is lines of words, or one entry a line where one holds a |."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (WORDS / f"{locale}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), [])
        elif line.strip():
            current.append(line)
    return found


def words(lines: Iterable[str], locale: str) -> list[Token]:
    """Tokens of lines of words; ``shown|slug`` gives the slug where it does not follow from the word."""
    tokens = []
    for entry in (entry for line in lines for entry in ([line] if is_entry(line) else line.split())):
        shown, _, slug = entry.strip().partition("|")
        tokens.append(Token(shown, slug or to_slug(shown, locale)))
    return tokens


def is_entry(line: str) -> bool:
    """Whether a line is one entry, which may hold spaces, and not a list of words."""
    return line.count("|") == 1 and " " in line.partition("|")[0]


class PrefixFree:
    """A set of slugs of which none begins another."""

    def __init__(self) -> None:
        self._slugs: set[str] = set()
        self._beginnings: set[str] = set()

    def take(self, tokens: Iterable[Token]) -> list[Token]:
        """Those of the tokens that can be added, in their order; they are added."""
        return [token for token in tokens if self._add(token.slug)]

    def _add(self, slug: str) -> bool:
        if not slug or slug in self._beginnings or any(slug[:end] in self._slugs for end in range(1, len(slug) + 1)):
            return False
        self._slugs.add(slug)
        self._beginnings.update(slug[:end] for end in range(1, len(slug) + 1))
        return True


def surnames(locale: str) -> list[Token]:
    """Surnames fit for a company's name, the common ones first."""
    names = json.loads((LOCALES / locale / "names.json").read_text(encoding="utf-8"))
    romaji = names.get("surnameLatin", names["surnames"])
    tokens = [
        Token(without_given_name(name, locale), to_slug(latin, locale))
        for name, latin in zip(names["surnames"], romaji, strict=True)
    ]
    return [token for token in tokens[:SURNAMES] if SHORTEST <= len(token.slug) <= LONGEST and is_name(token, locale)]


def without_given_name(surname: str, locale: str) -> str:
    """A surname as it is written where no given name stands before it: Dutch prefixes have a capital letter."""
    return surname[0].upper() + surname[1:] if locale.startswith("nl") else surname


def is_name(token: Token, locale: str) -> bool:
    """Whether a surname has letters alone, and in Dutch blanks after a prefix."""
    return (token.display.replace(" ", "") if locale.startswith("nl") else token.display).isalpha()


def initials(letters: list[str], locale: str) -> list[Token]:
    """Three capital letters that mean nothing else."""
    known = KNOWN_INITIALS | KNOWN_INITIALS_OF.get(locale, set())
    letters = letters[0].split() if letters else []
    triples = (a + b + c for a in letters for b in letters for c in letters if len({a, b, c}) == 3)  # noqa: PLR2004
    return [Token(triple, triple.lower()) for triple in triples if triple not in known]


def columns(tokens: list[Token]) -> list[str]:
    """Tokens as text: the slug is left out where it is the word in lower case."""
    return [
        token.display if token.slug == token.display.lower() else f"{token.display}|{token.slug}" for token in tokens
    ]


def legal_form(line: str) -> dict[str, str | int]:
    """A legal form and its weight among companies from one headcount to below another: ``form|weight|from|below``."""
    form, weight, least, below = line.split("|")
    entry: dict[str, str | int] = {"form": form, "weight": int(weight), "from": int(least)}
    return {**entry, "below": int(below)} if below else entry


def forms_by_word(lines: list[str]) -> dict[str, dict[str, dict[str, int]]]:
    """The column of the forms of companies whose names end in a word, none if there is none: ``word|form|weight``."""
    found: dict[str, dict[str, int]] = {}
    for line in lines:
        word, form, weight = line.split("|")
        found.setdefault(word, {})[form] = int(weight)
    return {"formsByWord": found} if found else {}


def make(locale: str) -> None:
    """Write companies.json of a locale."""
    raw = sections(locale)
    styles = dict(line.split() for line in raw["styles"])
    leading, following, middle, ending = PrefixFree(), PrefixFree(), PrefixFree(), PrefixFree()
    first = leading.take(sorted(words(raw.get("first", []), locale), key=lambda token: len(token.slug)))
    starts = leading.take(words(raw.get("coined_start", []), locale))
    short = leading.take(initials(raw.get("initials", []), locale))
    founders = leading.take(words(raw.get("founder", []), locale))
    plain = leading.take(words(raw.get("plain", []), locale))
    lead = leading.take(surnames(locale))
    suffixes = following.take(words(raw["suffix"], locale))
    second = following.take(words(raw["second"], locale))
    after = following.take(surnames(locale))
    write_json(
        LOCALES / locale / "companies.json",
        {
            "first": columns(first),
            "second": columns(second),
            "surname": columns(lead[::2]),
            "plainSurname": columns([*lead[1::2], *plain]),
            "otherSurname": columns(after),
            "initials": columns(short),
            "coinedStart": columns(starts),
            "coinedMiddle": columns(middle.take(words(raw.get("coined_middle", []), locale))),
            "coinedEnd": columns(ending.take(words(raw.get("coined_end", []), locale))),
            "suffix": columns(suffixes),
            "founder": columns(founders),
            "tail": columns(words(raw.get("tail", []), locale)),
            "forms": [legal_form(line) for line in raw["forms"]],
            **forms_by_word(raw.get("word_forms", [])),
            "spaced": not locale.startswith("ja"),
            "hyphens": raw.get("hyphens", ["yes"]) == ["yes"],
            "formShare": int(raw.get("form_share", ["22"])[0]),
            "styles": {name: int(weight) for name, weight in styles.items() if name != ROOMY},
            "roomy": styles.get(ROOMY, "two_surnames"),
        },
    )


if __name__ == "__main__":
    for chosen in sys.argv[1:] or sorted(path.stem for path in WORDS.glob("*.txt")):
        make(chosen)
