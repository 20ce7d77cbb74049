"""Keys and tokens as people paste them: without what came along, and whether a header can carry what is left."""

import unicodedata

STRIPPED_CATEGORIES = {"Cc", "Cf", "Zs", "Zl", "Zp", "Pi", "Pf"}
"""Kinds of characters that no key begins or ends with: control, zero-width, spaces, line ends, typographic quotes."""

STRIPPED_QUOTES = "\"'`\u201a\u201e\u2032\u2033"


def strip_credential(value: str) -> str:
    """A key without white space, quotes and invisible characters around it."""
    start, end = 0, len(value)
    while start < end and _is_strippable(value[start]):
        start += 1
    while end > start and _is_strippable(value[end - 1]):
        end -= 1
    return value[start:end]


def fits_http_header(key: str) -> bool:
    """Whether a key can stand in a header; one that cannot is none that anybody accepts."""
    return bool(key) and key.isascii() and key.isprintable()


def _is_strippable(character: str) -> bool:
    return character in STRIPPED_QUOTES or unicodedata.category(character) in STRIPPED_CATEGORIES
