"""A simulation's ledger page by page, so that no answer holds more than a settled step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from re import Pattern

from simcrm.core.errors import InvalidInputError
from simcrm.core.json_types import JsonObject
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts

FILES = 64
"""The most files that one page looks at; a page may be empty and still not be the last."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one settled step, and the token of the next page, None after the last."""

    rows: list[JsonObject]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind a file, or, where rows of it were read already, behind those."""

    file: str
    rows: int = 0

    @classmethod
    def of(cls, token: str | None) -> "Place":
        """The place that a token names, the beginning without one.

        Raises:
            InvalidInputError: no page has such a token.
        """
        file, _, rows = (token or "").partition(":")
        if rows and not (rows.isascii() and rows.isdecimal() and len(rows) < len("1000000")):
            raise InvalidInputError("token", "is the token of no page")
        return cls(file, int(rows or 0))

    def files(self, artifacts: Artifacts, settled: Pattern[str]) -> Iterator[str]:
        """The files of the ledger from here on."""
        listed = artifacts.names(file_names.LEDGER, after=self.file, at_once=FILES + 1)
        later = (name for name in listed if settled.fullmatch(name))
        begun = [self.file] if self.rows and settled.fullmatch(self.file) else []
        return chain(begun, later)


def read_page(
    artifacts: Artifacts,
    token: str | None,
    settled: Pattern[str],
    rows_of: Callable[[str], list[JsonObject]],
    limit: int | None = None,
) -> Page:
    """The page after a token: the rows of the first file that has some, at most ``limit`` of them.

    Raises:
        InvalidInputError: no page has such a token.
    """
    place = Place.of(token)
    files, begin = place.files(artifacts, settled), place.rows
    page: list[JsonObject] = []
    name = None
    for name in islice(files, FILES):
        rows = rows_of(name)
        page = rows[begin:][:limit]
        if begin + len(page) < len(rows):
            return Page(page, f"{name}:{begin + len(page)}")
        if page:
            break
        begin = 0
    return Page(page, None if next(files, None) is None else name)
