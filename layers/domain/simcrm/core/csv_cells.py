"""Escape cells of CSV files that may be opened in a spreadsheet."""

import re
from unicodedata import normalize

_FORMULA = re.compile(r'[\t\r\n]|[\s"\u200b\ufeff]*[=+\-@]')
"""The start of a text that a spreadsheet evaluates as a formula, possibly after removing blanks and quotes."""

_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|\+[0-9][0-9 ()./-]*")
"""Numbers and phone numbers: however a spreadsheet interprets them, they are harmless."""


def escape_formula(text: str) -> str:
    """Prefix a text with an apostrophe if a spreadsheet would treat it as a formula.

    Numbers and phone numbers stay as they are, because programs read the file, too.
    """
    # Full-width characters of Japanese keyboards also start formulas: NFKC converts them to the usual ones.
    begins_a_formula = _FORMULA.match(text if text.isascii() else normalize("NFKC", text))
    return f"'{text}" if begins_a_formula and not _DIGITS.fullmatch(text) else text
