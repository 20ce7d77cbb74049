"""Read a simulation's ledger page by page, so that no response holds more than one settled step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from re import Pattern

from simcrm.core.errors import InvalidInputError
from simcrm.core.json_types import JsonObject
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles

MAX_FILES = 64
"""Maximum files that one page reads; a page may be empty without being the last."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Rows of one settled step, and the token of the next page; None on the last page."""

    rows: list[JsonObject]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class PageCursor:
    """Where a page begins: after a file, or after the rows of it that were already read."""

    file: str
    rows: int = 0

    @classmethod
    def from_token(cls, token: str | None) -> "PageCursor":
        """Return the position that a token encodes, or the beginning without one.

        Raises:
            InvalidInputError: the token is invalid.
        """
        file, _, rows = (token or "").partition(":")
        if rows and not (rows.isascii() and rows.isdecimal() and len(rows) < len("1000000")):
            raise InvalidInputError("token", "is not a page token")
        return cls(file, int(rows or 0))

    def list_files(self, files: SimulationFiles, file_pattern: Pattern[str]) -> Iterator[str]:
        """Return the ledger's files from this position on."""
        listed = files.list_names(file_names.LEDGER, after=self.file, at_once=MAX_FILES + 1)
        later = (name for name in listed if file_pattern.fullmatch(name))
        begun = [self.file] if self.rows and file_pattern.fullmatch(self.file) else []
        return chain(begun, later)


def read_page(
    simulation_files: SimulationFiles,
    token: str | None,
    file_pattern: Pattern[str],
    read_rows: Callable[[str], list[JsonObject]],
    limit: int | None = None,
) -> LedgerPage:
    """Return the page that a token points to: at most ``limit`` rows of the first file that has any.

    Raises:
        InvalidInputError: the token is invalid.
    """
    place = PageCursor.from_token(token)
    files, begin = place.list_files(simulation_files, file_pattern), place.rows
    page: list[JsonObject] = []
    name = None
    for name in islice(files, MAX_FILES):
        rows = read_rows(name)
        page = rows[begin:][:limit]
        if begin + len(page) < len(rows):
            return LedgerPage(page, f"{name}:{begin + len(page)}")
        if page:
            break
        begin = 0
    return LedgerPage(page, None if next(files, None) is None else name)
