"""Check the words of a language's data with Hunspell and its dictionaries of Debian."""

import shutil
import subprocess
from pathlib import Path

from written_texts import words_of

DICTIONARIES = {
    "de": "de_DE",
    "en": "en_US",
    "en_GB": "en_GB",
    "es": "es_ES",
    "fr": "fr",
    "it": "it_IT",
    "nl": "nl_NL",
    "pt": "pt_BR",
}
"""The dictionary of each language; Japanese, which has no spaces, has none."""

_WORDS = Path(__file__).parent / "words"
"""Words that the dictionaries do not know: trade terms, brands, abbreviations. One file for each language."""

_SHORTEST = 3


def has_dictionary(language: str) -> bool:
    """Whether Hunspell and the dictionary of a language are installed."""
    program = shutil.which("hunspell")
    if program is None:
        return False
    listed = subprocess.run([program, "-D"], input="", capture_output=True, text=True, check=False)  # noqa: S603
    return any(line.endswith(f"/{DICTIONARIES[language]}") for line in listed.stderr.splitlines())


def accepted_words(language: str) -> set[str]:
    """Return the words of a language that are right although the dictionary does not know them."""
    lines = (_WORDS / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return {word for word in lines if word and not word.startswith("#")}


def misspelled_words(language: str) -> list[str]:
    """Return the words of a language's data that neither its dictionary nor the list of accepted words knows."""
    words = sorted(word for word in words_of(language) if len(word) >= _SHORTEST and not word.isupper())
    unknown = subprocess.run(  # noqa: S603
        [shutil.which("hunspell") or "hunspell", "-l", "-i", "utf-8", "-d", DICTIONARIES[language]],
        input="\n".join(words),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(set(unknown.split()) - accepted_words(language))
