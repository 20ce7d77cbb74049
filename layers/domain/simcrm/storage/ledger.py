"""The ledger: what became of every planned object. Counts, export and clean-up trust nothing else.

What views and later steps need of it is kept beside it: the ends of each batch (``ends.py``) and the totals
(``totals.py``). Both are made of its files, written after them, and made again where they do not agree with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple

from simcrm.core.concurrency import side_by_side
from simcrm.core.json_types import JsonObject
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchEnds, Files, fingerprint
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.run_totals import BatchTotals, Totals
from simcrm.storage.simulation_files import Artifacts, StaleWriteError

TRIES = 10
"""To keep the ends of a batch while another writer changes them; what is not kept then is made of the files later."""


class BatchFiles(NamedTuple):
    """A batch of which something is settled, and the files that say so."""

    batch: int
    files: Files


class _Held(NamedTuple):
    """The ends of a batch and the version of their document; ``is_whole`` where a listing agrees with them."""

    ends: BatchEnds
    version: str
    is_whole: bool = False

    def can_take(self, step: str) -> bool:
        """Whether a step's entries go with these ends as they are; what an abort has left goes with any."""
        is_left = self.is_whole and step == file_names.ABORTED_STEP and step not in self.ends.files
        return is_left or self.ends.can_take(step)


class Ledger:
    """A simulation's ledger, a file for each step of each batch."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._totals = Totals(artifacts)
        self._held: dict[int, _Held] = {}

    def step(self, batch: int, step: str) -> list[LedgerEntry] | None:
        """The entries of one step, or None while it is not settled."""
        return self._entries(file_names.ledger(batch, step))

    def settle(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record the end of every object of a step, in one write; an earlier record of it is replaced."""
        listed = list(entries)
        self._keep(batch, step, self._artifacts.replace_lines(file_names.ledger(batch, step), _rows(listed)), listed)

    def settle_first(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> bool:
        """Record the end of every object of a step that nobody has settled; whether nobody had."""
        listed = list(entries)
        try:
            etag = self._artifacts.write_first_lines(file_names.ledger(batch, step), _rows(listed))
        except StaleWriteError:
            return False
        self._keep(batch, step, etag, listed)
        return True

    def begin(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record what is in the portal of a step that has to be tried again; nothing once it is settled."""
        self.settle(batch, file_names.begun_step(step), entries)

    def abandon(self, batch: int, entries: Iterable[LedgerEntry]) -> BatchEnds:
        """Record what an abort left unwritten of a batch; what is returned has still to be counted."""
        listed = list(entries)
        etag = self._artifacts.replace_lines(file_names.aborted_ledger(batch), _rows(listed))
        return self._fold(batch, file_names.ABORTED_STEP, etag, listed)

    def count(self, found: Mapping[int, BatchEnds]) -> None:
        """Count the ends of batches, those that share a document of totals in one write."""
        self._totals.count({batch: BatchTotals.of(ends) for batch, ends in found.items()})

    def before(self, batch: int, step: str) -> BatchEnds:
        """What became of the objects of the steps before one."""
        held = self._read(batch)
        if not held.ends.can_take(step):
            held = held._replace(ends=self._folded(self._files(batch), held.ends.revision))
        self._held[batch] = held
        return held.ends

    def catch_up(self, batch: int, step: str) -> None:
        """Keep and count a step that was settled by a writer that had no time left to."""
        if step not in self._read(batch).ends.files:
            self.count({batch: self.ends(self._files(batch))})

    def ends(self, found: BatchFiles, revision: int = 0) -> BatchEnds:
        """The ends of a batch that has these files; where they were not kept they are now, later than ``revision``."""
        held = self._read(found.batch)
        if fingerprint(held.ends.files) == fingerprint(found.files):
            self._held[found.batch] = held._replace(is_whole=True)
            return held.ends
        ends = self._folded(found, max(held.ends.revision, revision))
        with suppress(StaleWriteError):  # a writer is at work, and keeps what it settles
            version = self._artifacts.write_version(file_names.batch_ends(found.batch), ends, held.version)
            self._held[found.batch] = _Held(ends, version, is_whole=True)
        return ends

    def look(self, found: BatchFiles) -> BatchEnds:
        """The same, without keeping anything."""
        kept = self._artifacts.read(file_names.batch_ends(found.batch), BatchEnds)
        if kept is not None and fingerprint(kept.files) == fingerprint(found.files):
            return kept
        return self._folded(found, 0)

    def batch(self, batch: int) -> Iterator[LedgerEntry]:
        """The entries of all settled steps of a batch."""
        yield from self._read_all(self._artifacts.names(file_names.batch_ledger(batch)))

    def batches(self, after: int = -1) -> Iterator[BatchFiles]:
        """All batches of which something is settled, in order, or those with a higher number than one."""
        listed = self._artifacts.listed(file_names.LEDGER, after=file_names.batch_ledger(after + 1))
        for batch, found in groupby(listed, lambda item: file_names.batch_of_ledger(item.name)):
            yield BatchFiles(batch, {file_names.step_of_ledger(item.name): item.etag for item in found})

    def refused_files(self, after: str = "") -> Iterator[str]:
        """The files of batches that have refused objects, in order, or those of them that sort after one."""
        for batch, found in sorted(self._totals.read().batches.items()):
            if found.refused and file_names.batch_ledger(batch + 1) > after:
                yield from (name for name in self._artifacts.names(file_names.batch_ledger(batch)) if name > after)

    def files(self, found: Iterable[str]) -> Iterator[tuple[str, list[LedgerEntry]]]:
        """Files of the ledger by their names, with their entries, read side by side."""
        yield from side_by_side(lambda name: (name, self._entries(name) or []), found)

    def all(self) -> Iterator[LedgerEntry]:
        """The entries of all batches, read side by side."""
        yield from self._read_all(self._artifacts.names(file_names.LEDGER))

    def _keep(self, batch: int, step: str, etag: str, entries: list[LedgerEntry]) -> None:
        self.count({batch: self._fold(batch, step, etag, entries)})

    def _fold(self, batch: int, step: str, etag: str, entries: list[LedgerEntry]) -> BatchEnds:
        """The ends of a batch after one of its files was written, kept for the next step."""
        name = file_names.batch_ends(batch)
        for _ in range(TRIES):
            held = self._held.pop(batch, None) or self._read(batch)
            if held.can_take(step):
                ends = held.ends.after(step, etag, entries)
            else:
                ends = self._folded(self._files(batch), held.ends.revision)
            try:
                self._held[batch] = _Held(ends, self._artifacts.write_version(name, ends, held.version))
            except StaleWriteError:
                continue
            break
        return ends

    def _read(self, batch: int) -> _Held:
        kept, version = self._artifacts.read_version(file_names.batch_ends(batch), BatchEnds)
        return _Held(kept or BatchEnds(), version)

    def _files(self, batch: int) -> BatchFiles:
        listed = self._artifacts.listed(file_names.batch_ledger(batch))
        return BatchFiles(batch, {file_names.step_of_ledger(item.name): item.etag for item in listed})

    def _folded(self, found: BatchFiles, revision: int) -> BatchEnds:
        """The ends that the files themselves say, later than a revision."""
        ends = BatchEnds(revision=revision)
        for step in sorted(found.files, key=lambda step: file_names.ledger(found.batch, step)):
            ends = ends.after(step, found.files[step], self.step(found.batch, step) or ())
        return ends

    def _read_all(self, files: Iterable[str]) -> Iterator[LedgerEntry]:
        for _, entries in self.files(files):
            yield from entries

    def _entries(self, name: str) -> list[LedgerEntry] | None:
        rows = self._artifacts.read_lines(name)
        return None if rows is None else [LedgerEntry.model_validate(row) for row in rows]


def _rows(entries: Iterable[LedgerEntry]) -> Iterator[JsonObject]:
    return (entry.model_dump(by_alias=True, exclude_none=True) for entry in entries)
