"""The ledger: what became of every planned object. Counts, export and clean-up trust nothing else.

What views and later steps need of it is kept beside it: the ends of each batch (``ends.py``) and the totals
(``totals.py``). Both are made of its files, written after them, and made again where they do not agree with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple

from simcrm.core.concurrency import map_concurrently
from simcrm.core.json_types import JsonObject
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument, Files, fingerprint
from simcrm.storage.ledger_entries import LedgerEntry
from simcrm.storage.run_totals import BatchTotals, TotalsStore
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

MAX_ATTEMPTS = 10
"""To keep the ends of a batch while another writer changes them; what is not kept then is made of the files later."""


class BatchFiles(NamedTuple):
    """A batch of which something is settled, and the files that say so."""

    batch: int
    files: Files


class _StoredDocument(NamedTuple):
    """The ends of a batch and the version of their document; ``is_whole`` where a listing agrees with them."""

    document: BatchDocument
    version: str
    is_whole: bool = False

    def can_take(self, step: str) -> bool:
        """Whether a step's entries go with these ends as they are; what an abort has left goes with any."""
        is_left = self.is_whole and step == file_names.ABORTED_STEP and step not in self.document.files
        return is_left or self.document.can_take(step)


class Ledger:
    """A simulation's ledger, a file for each step of each batch."""

    def __init__(self, files: SimulationFiles) -> None:
        self._artifacts = files
        self._totals = TotalsStore(files)
        self._held: dict[int, _StoredDocument] = {}

    def read_step(self, batch: int, step: str) -> list[LedgerEntry] | None:
        """The entries of one step, or None while it is not settled."""
        return self._read_file(file_names.ledger_file(batch, step))

    def write_step(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record the end of every object of a step, in one write; an earlier record of it is replaced."""
        listed = list(entries)
        self._record_step(
            batch, step, self._artifacts.replace_lines(file_names.ledger_file(batch, step), _rows(listed)), listed
        )

    def create_step(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> bool:
        """Record the end of every object of a step that nobody has settled; whether nobody had."""
        listed = list(entries)
        try:
            etag = self._artifacts.create_lines(file_names.ledger_file(batch, step), _rows(listed))
        except ConcurrentWriteError:
            return False
        self._record_step(batch, step, etag, listed)
        return True

    def write_unfinished_step(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record what is in the portal of a step that has to be tried again; nothing once it is settled."""
        self.write_step(batch, file_names.unfinished_step(step), entries)

    def write_aborted(self, batch: int, entries: Iterable[LedgerEntry]) -> BatchDocument:
        """Record what an abort left unwritten of a batch; what is returned has still to be counted."""
        listed = list(entries)
        etag = self._artifacts.replace_lines(file_names.aborted_ledger_file(batch), _rows(listed))
        return self._update_document(batch, file_names.ABORTED_STEP, etag, listed)

    def count_batches(self, found: Mapping[int, BatchDocument]) -> None:
        """Count the ends of batches, those that share a document of totals in one write."""
        self._totals.update({batch: BatchTotals.from_document(ends) for batch, ends in found.items()})

    def batch_before(self, batch: int, step: str) -> BatchDocument:
        """What became of the objects of the steps before one."""
        held = self._read_entries(batch)
        if not held.document.can_take(step):
            held = held._replace(document=self._document_from_files(self._files(batch), held.document.revision))
        self._held[batch] = held
        return held.document

    def catch_up(self, batch: int, step: str) -> None:
        """Keep and count a step that was settled by a writer that had no time left to."""
        if step not in self._read_entries(batch).document.files:
            self.count_batches({batch: self.build_document(self._files(batch))})

    def build_document(self, found: BatchFiles, revision: int = 0) -> BatchDocument:
        """The ends of a batch that has these files; where they were not kept they are now, later than ``revision``."""
        held = self._read_entries(found.batch)
        if fingerprint(held.document.files) == fingerprint(found.files):
            self._held[found.batch] = held._replace(is_whole=True)
            return held.document
        ends = self._document_from_files(found, max(held.document.revision, revision))
        with suppress(ConcurrentWriteError):  # a writer is at work, and keeps what it settles
            version = self._artifacts.write_version(file_names.batch_document_file(found.batch), ends, held.version)
            self._held[found.batch] = _StoredDocument(ends, version, is_whole=True)
        return ends

    def read_document(self, found: BatchFiles) -> BatchDocument:
        """The same, without keeping anything."""
        kept = self._artifacts.read(file_names.batch_document_file(found.batch), BatchDocument)
        if kept is not None and fingerprint(kept.files) == fingerprint(found.files):
            return kept
        return self._document_from_files(found, 0)

    def read_batch(self, batch: int) -> Iterator[LedgerEntry]:
        """The entries of all settled steps of a batch."""
        yield from self._read_all(self._artifacts.list_names(file_names.batch_ledger_prefix(batch)))

    def batches(self, after: int = -1) -> Iterator[BatchFiles]:
        """All batches of which something is settled, in order, or those with a higher number than one."""
        listed = self._artifacts.list_files(file_names.LEDGER, after=file_names.batch_ledger_prefix(after + 1))
        for batch, found in groupby(listed, lambda item: file_names.parse_ledger_batch(item.name)):
            yield BatchFiles(batch, {file_names.step_from_ledger_file(item.name): item.etag for item in found})

    def refused_files(self, after: str = "") -> Iterator[str]:
        """The files of batches that have refused objects, in order, or those of them that sort after one."""
        for batch, found in sorted(self._totals.read().batches.items()):
            if found.refused and file_names.batch_ledger_prefix(batch + 1) > after:
                yield from (
                    name for name in self._artifacts.list_names(file_names.batch_ledger_prefix(batch)) if name > after
                )

    def read_files(self, names: Iterable[str]) -> Iterator[tuple[str, list[LedgerEntry]]]:
        """Files of the ledger by their names, with their entries, read side by side."""
        yield from map_concurrently(lambda name: (name, self._read_file(name) or []), names)

    def read_all(self) -> Iterator[LedgerEntry]:
        """The entries of all batches, read side by side."""
        yield from self._read_all(self._artifacts.list_names(file_names.LEDGER))

    def _record_step(self, batch: int, step: str, etag: str, entries: list[LedgerEntry]) -> None:
        self.count_batches({batch: self._update_document(batch, step, etag, entries)})

    def _update_document(self, batch: int, step: str, etag: str, entries: list[LedgerEntry]) -> BatchDocument:
        """The ends of a batch after one of its files was written, kept for the next step."""
        name = file_names.batch_document_file(batch)
        for _ in range(MAX_ATTEMPTS):
            held = self._held.pop(batch, None) or self._read_entries(batch)
            if held.can_take(step):
                ends = held.document.with_step(step, etag, entries)
            else:
                ends = self._document_from_files(self._files(batch), held.document.revision)
            try:
                self._held[batch] = _StoredDocument(ends, self._artifacts.write_version(name, ends, held.version))
            except ConcurrentWriteError:
                continue
            break
        return ends

    def _read_entries(self, batch: int) -> _StoredDocument:
        kept, version = self._artifacts.read_version(file_names.batch_document_file(batch), BatchDocument)
        return _StoredDocument(kept or BatchDocument(), version)

    def _files(self, batch: int) -> BatchFiles:
        listed = self._artifacts.list_files(file_names.batch_ledger_prefix(batch))
        return BatchFiles(batch, {file_names.step_from_ledger_file(item.name): item.etag for item in listed})

    def _document_from_files(self, found: BatchFiles, revision: int) -> BatchDocument:
        """The ends that the files themselves say, later than a revision."""
        ends = BatchDocument(revision=revision)
        for step in sorted(found.files, key=lambda step: file_names.ledger_file(found.batch, step)):
            ends = ends.with_step(step, found.files[step], self.read_step(found.batch, step) or ())
        return ends

    def _read_all(self, files: Iterable[str]) -> Iterator[LedgerEntry]:
        for _, entries in self.read_files(files):
            yield from entries

    def _read_file(self, name: str) -> list[LedgerEntry] | None:
        rows = self._artifacts.read_lines(name)
        return None if rows is None else [LedgerEntry.model_validate(row) for row in rows]


def _rows(entries: Iterable[LedgerEntry]) -> Iterator[JsonObject]:
    return (entry.model_dump(by_alias=True, exclude_none=True) for entry in entries)
