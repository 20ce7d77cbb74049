"""What a simulation could not write, page by page, with the reasons that its ledger holds."""

from dataclasses import dataclass
from itertools import islice

from simcrm.core.json_types import JsonObject
from simcrm.storage.ledger import Ledger
from simcrm.storage.ledger_entries import Outcome
from simcrm.storage.simulation_files import Artifacts

ROWS = 50
"""A page ends with the file of the ledger in which it has so many."""

FILES_AT_ONCE = 64
FILES = 640
"""The most files of the ledger that one page looks at; a page may be empty and still not be the last."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Refused objects, and the token of the next page, None after the last."""

    rows: list[JsonObject]
    next_token: str | None


def failures_page(artifacts: Artifacts, token: str | None) -> Failures:
    """The page after a token, the first without one."""
    listed = Ledger(artifacts).refused_files(after=token or "")
    rows: list[JsonObject] = []
    for _ in range(FILES // FILES_AT_ONCE):
        chunk = list(islice(listed, FILES_AT_ONCE))
        for name, entries in Ledger(artifacts).files(chunk):
            rows += [
                {"key": entry.key, "type": entry.object_type, "reason": entry.reason}
                for entry in entries
                if entry.outcome is Outcome.REFUSED
            ]
            if len(rows) >= ROWS:
                return Failures(rows, name)
        if len(chunk) < FILES_AT_ONCE:
            return Failures(rows, None)
    return Failures(rows, chunk[-1])
