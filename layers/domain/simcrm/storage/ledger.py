"""The ledger: what became of every planned object. Counts, export and clean-up trust nothing else."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from simcrm.aws import LEDGER_READERS
from simcrm.models.objects import ObjectType
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts


class Outcome(StrEnum):
    """How an object ended: in the portal, refused by it for good, or kept back by a dry run."""

    WRITTEN = "written"
    REFUSED = "refused"
    DRY_RUN = "dry_run"


class LedgerEntry(BaseModel):
    """One object's end; ``reason`` is HubSpot's own message when it refused the object or one of its associations."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    key: str
    object_type: ObjectType = Field(alias="type")
    outcome: Outcome
    hubspot_id: str | None = Field(default=None, alias="id")
    reason: str | None = None


class Tally(BaseModel):
    """Counts over a ledger, an object that several batches share counted once."""

    written: dict[ObjectType, int]
    refused: int

    @classmethod
    def of(cls, entries: Iterable[LedgerEntry]) -> Self:
        """Count what is in the portal (or would be, in a dry run) by type, and what was refused."""
        last = {entry.key: entry for entry in entries}
        kept: Counter[ObjectType] = Counter(e.object_type for e in last.values() if e.outcome is not Outcome.REFUSED)
        return cls(written={kind: kept[kind] for kind in ObjectType}, refused=len(last) - kept.total())


class Ledger:
    """A simulation's ledger, a file for each step of each batch."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    def step(self, batch: int, step: str) -> list[LedgerEntry] | None:
        """The entries of one step, or None while it is not settled."""
        return self._entries(names.ledger(batch, step))

    def settle(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record the end of every object of a step, in one write."""
        rows = (entry.model_dump(by_alias=True, exclude_none=True) for entry in entries)
        self._artifacts.write_lines(names.ledger(batch, step), rows)

    def batch(self, batch: int) -> Iterator[LedgerEntry]:
        """The entries of all settled steps of a batch."""
        yield from self._read(self._artifacts.names(names.batch_ledger(batch)))

    def all(self) -> Iterator[LedgerEntry]:
        """The entries of all batches, read side by side."""
        yield from self._read(self._artifacts.names(names.LEDGER))

    def _read(self, files: Iterable[str]) -> Iterator[LedgerEntry]:
        with ThreadPoolExecutor(LEDGER_READERS) as readers:
            for entries in readers.map(self._entries, files):
                yield from entries or ()

    def _entries(self, name: str) -> list[LedgerEntry] | None:
        rows = self._artifacts.read_lines(name)
        return None if rows is None else [LedgerEntry.model_validate(row) for row in rows]
