"""Cells of CSV files that people open in a spreadsheet."""

import re
from unicodedata import normalize

_FORMULA = re.compile(r'[\t\r\n]|[\s"\u200b\ufeff]*[=+\-@]')
"""How a text begins that a spreadsheet, by itself or once it has dropped blanks and quotes, runs as a formula."""

_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|\+[0-9][0-9 ()./-]*")
"""Numbers, and telephone numbers: whatever a spreadsheet makes of them, they run nothing."""


def escape_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula.

    Numbers and telephone numbers stay as they are, since programs read the file too.
    """
    # The wide signs of Japanese keyboards are signs too: NFKC makes them the usual ones.
    begins_a_formula = _FORMULA.match(text if text.isascii() else normalize("NFKC", text))
    return f"'{text}" if begins_a_formula and not _DIGITS.fullmatch(text) else text
