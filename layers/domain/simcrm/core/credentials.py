"""Clean up pasted keys and tokens, and check whether they fit in an HTTP header."""

import unicodedata

STRIPPED_CATEGORIES = {"Cc", "Cf", "Zs", "Zl", "Zp", "Pi", "Pf"}
"""Unicode categories never at either end of a key: control, zero-width, spaces, line breaks, typographic quotes."""

STRIPPED_QUOTES = "\"'`\u201a\u201e\u2032\u2033"


def strip_credential(value: str) -> str:
    """Strip surrounding whitespace, quotes and invisible characters from a key."""
    start, end = 0, len(value)
    while start < end and _is_strippable(value[start]):
        start += 1
    while end > start and _is_strippable(value[end - 1]):
        end -= 1
    return value[start:end]


def fits_http_header(key: str) -> bool:
    """Whether a key can be sent in a header; no service accepts one that cannot."""
    return bool(key) and key.isascii() and key.isprintable()


def _is_strippable(character: str) -> bool:
    return character in STRIPPED_QUOTES or unicodedata.category(character) in STRIPPED_CATEGORIES
