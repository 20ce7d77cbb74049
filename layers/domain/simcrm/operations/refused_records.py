"""List what a simulation could not write or left to people, page by page, with the reasons from its ledger."""

from dataclasses import dataclass
from itertools import islice

from simcrm.core.json_types import JsonObject
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import LedgerEntry, LedgerOutcome
from simcrm.storage.simulation_files import SimulationFiles

PAGE_SIZE = 50
"""A page ends with the ledger file in which it reaches this many rows."""

FILES_PER_READ = 64
MAX_FILES = 640
"""Maximum ledger files that one page reads; a page may be empty without being the last."""


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """Refused and skipped objects, and the token of the next page; None on the last page."""

    rows: list[JsonObject]
    next_token: str | None


def refused_page(files: SimulationFiles, token: str | None) -> RefusedPage:
    """Return the page that a token points to, or the first page."""
    listed = Ledger(files).refused_files(after=token or "", with_skipped=True)
    rows: list[JsonObject] = []
    for _ in range(MAX_FILES // FILES_PER_READ):
        chunk = list(islice(listed, FILES_PER_READ))
        for name, entries in Ledger(files).read_files(chunk):
            rows += filter(None, map(_row, entries))
            if len(rows) >= PAGE_SIZE:
                return RefusedPage(rows, name)
        if len(chunk) < FILES_PER_READ:
            return RefusedPage(rows, None)
    return RefusedPage(rows, chunk[-1])


def _row(entry: LedgerEntry) -> JsonObject | None:
    """Return the row of an object that was refused, or written without what people have changed; None for others."""
    is_refused = entry.outcome is LedgerOutcome.REFUSED
    if not is_refused and not entry.kept:
        return None
    outcome = "refused" if is_refused else "skipped"
    return {"key": entry.key, "type": entry.object_type, "outcome": outcome, "reason": entry.reason}
