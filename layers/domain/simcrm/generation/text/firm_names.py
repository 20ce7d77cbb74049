"""Find the names of real firms in a text; everyday tools, such as a spreadsheet program, are none."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from simcrm.generation.text.text_data import JAPANESE, read_text_data

_LATIN = r"0-9A-Za-z\u00c0-\u024f"
_KATAKANA = r"\u30a1-\u30fa\u30fc"
_PHRASE_START = re.compile(r"(?:^|[.!?:;…\n\"„“«(/>-])\s*$")
"""What stands before a word that has a capital letter whatever it means."""
_NO_TELLING_CAPITALS = {"de", JAPANESE}
"""The languages in which a capital letter does not tell a name from a word."""


def find_firm(text: str, language: str, *, is_title: bool) -> str | None:
    """Return the first name of a real firm in a text, or None.

    A name that is also a place or a person where the language is spoken does not count. One that is also a word counts
    with a capital letter in mid-sentence, unless all words of a title or all nouns of the language have one.
    """
    visible = _everyday_names().sub(lambda match: "\ufffc" * len(match[0]), text)
    words, names = _names_that_are_also("commonWords", language), _names_that_are_also("properNames", language)
    has_telling_capitals = not is_title and language not in _NO_TELLING_CAPITALS
    for match in _firm_names().finditer(visible):
        name = match[0]
        is_in_mid_sentence = not _PHRASE_START.search(visible[: match.start()])
        if name not in names and (name not in words or (has_telling_capitals and is_in_mid_sentence)):
            return name
    return None


@cache
def _firm_names() -> re.Pattern[str]:
    regions = read_text_data("gate/firms")["regions"].values()
    return _whole_words(name for names in regions for name in names)


@cache
def _everyday_names() -> re.Pattern[str]:
    return _whole_words(read_text_data("gate/everyday_names")["names"])


@cache
def _names_that_are_also(kind: str, language: str) -> frozenset[str]:
    ambiguous: dict[str, list[str]] = read_text_data("gate/firms")[kind]
    return frozenset(name for name, languages in ambiguous.items() if language in languages)


def _whole_words(names: Iterable[str]) -> re.Pattern[str]:
    """Compile names so that they are found where no letter of the same script stands beside them.

    Names with the same first letter are tried together, and only where it stands.
    """
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(names, key=len, reverse=True):
        by_letter[name[0]].append(re.escape(name[1:]) + _edge(name[-1], "(?![{}])"))
    alternatives = (f"{first}{_edge(first, '(?<![{}].)')}(?:{'|'.join(others)})" for first, others in by_letter.items())
    return re.compile("|".join(alternatives), re.DOTALL)


def _edge(character: str, assertion: str) -> str:
    """Return the assertion that none of a character's script stands beside it; a name in kanji has no visible end."""
    letters = next((letters for letters in (_LATIN, _KATAKANA) if re.match(f"[{letters}]", character)), None)
    return assertion.format(letters) if letters else ""
