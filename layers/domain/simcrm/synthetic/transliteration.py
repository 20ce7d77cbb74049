"""Transliterate names to the letters used in addresses and domains."""

import unicodedata

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l"})


def to_latin(text: str, locale: str) -> str:
    """Convert a text to plain Latin letters, as the language does; letters of other scripts are dropped."""
    if text.isascii():
        return text
    if locale.startswith("de"):
        text = text.translate(_GERMAN)
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
