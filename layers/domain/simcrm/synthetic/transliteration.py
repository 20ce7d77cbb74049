"""Names in the letters that addresses and domains are made of."""

import unicodedata

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l"})


def to_latin(text: str, locale: str) -> str:
    """The text in plain Latin letters, as the language writes it; letters of other scripts are left out."""
    if text.isascii():
        return text
    if locale.startswith("de"):
        text = text.translate(_GERMAN)
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
