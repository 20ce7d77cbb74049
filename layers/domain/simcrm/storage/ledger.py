"""The ledger: the outcome of every planned object. Counts, export and clean-up rely on nothing else.

Data that views and later steps need is stored beside it: a document for each batch (``batch_document.py``) and the
totals (``run_totals.py``). Both are derived from the ledger files, written after them, and rebuilt if they disagree.
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
"""Attempts to store a batch document while others change it; if all fail, it is rebuilt from the files later."""


class BatchFiles(NamedTuple):
    """A batch with at least one settled step, and its ledger files."""

    batch: int
    files: Files


class _StoredDocument(NamedTuple):
    """A batch document and its stored version; ``is_whole`` means that it agrees with a listing of the files."""

    document: BatchDocument
    version: str
    is_whole: bool = False

    def can_take(self, step: str) -> bool:
        """Whether a step's entries can be appended to the document; entries of an abort can if it is whole."""
        is_left = self.is_whole and step == file_names.ABORTED_STEP and step not in self.document.files
        return is_left or self.document.can_take(step)


class Ledger:
    """A simulation's ledger, with one file for each step of each batch."""

    def __init__(self, files: SimulationFiles) -> None:
        self._files = files
        self._totals = TotalsStore(files)
        self._held: dict[int, _StoredDocument] = {}

    def read_step(self, batch: int, step: str) -> list[LedgerEntry] | None:
        """Return the entries of one step, or None if it is not settled yet."""
        return self._read_file(file_names.ledger_file(batch, step))

    def write_step(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record the outcome of every object of a step in one write, replacing any earlier entries of the step."""
        listed = list(entries)
        self._record_step(
            batch, step, self._files.replace_lines(file_names.ledger_file(batch, step), _rows(listed)), listed
        )

    def create_step(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> bool:
        """Record the outcome of every object of a step unless it is already settled; return whether it was recorded."""
        listed = list(entries)
        try:
            etag = self._files.create_lines(file_names.ledger_file(batch, step), _rows(listed))
        except ConcurrentWriteError:
            return False
        self._record_step(batch, step, etag, listed)
        return True

    def write_unfinished_step(self, batch: int, step: str, entries: Iterable[LedgerEntry]) -> None:
        """Record what is in the portal for a step that must be retried; the settled step supersedes it."""
        self.write_step(batch, file_names.unfinished_step(step), entries)

    def write_aborted(self, batch: int, entries: Iterable[LedgerEntry]) -> BatchDocument:
        """Record the objects of a batch that an abort left unwritten; the caller must count the returned document."""
        listed = list(entries)
        etag = self._files.replace_lines(file_names.aborted_ledger_file(batch), _rows(listed))
        return self._update_document(batch, file_names.ABORTED_STEP, etag, listed)

    def count_batches(self, found: Mapping[int, BatchDocument]) -> None:
        """Add batches to the totals, with one write for each shard."""
        self._totals.update({batch: BatchTotals.from_document(ends) for batch, ends in found.items()})

    def batch_before(self, batch: int, step: str) -> BatchDocument:
        """Return the batch document with the outcomes of all steps before the given one."""
        held = self._read_entries(batch)
        if not held.document.can_take(step):
            held = held._replace(document=self._document_from_files(self._list_batch(batch), held.document.revision))
        self._held[batch] = held
        return held.document

    def catch_up(self, batch: int, step: str) -> None:
        """Store and count a step whose writer settled it but ran out of time before doing so."""
        if step not in self._read_entries(batch).document.files:
            self.count_batches({batch: self.build_document(self._list_batch(batch))})

    def build_document(self, found: BatchFiles, revision: int = 0) -> BatchDocument:
        """Return the document of a batch with these files.

        If the stored document is missing or out of date, rebuild and store it with a later revision than ``revision``.
        """
        held = self._read_entries(found.batch)
        if fingerprint(held.document.files) == fingerprint(found.files):
            self._held[found.batch] = held._replace(is_whole=True)
            return held.document
        ends = self._document_from_files(found, max(held.document.revision, revision))
        with suppress(ConcurrentWriteError):  # another writer is active and stores what it settles
            version = self._files.write_version(file_names.batch_document_file(found.batch), ends, held.version)
            self._held[found.batch] = _StoredDocument(ends, version, is_whole=True)
        return ends

    def read_document(self, found: BatchFiles) -> BatchDocument:
        """Return the document of a batch with these files, like ``build_document``, without storing anything."""
        kept = self._files.read(file_names.batch_document_file(found.batch), BatchDocument)
        if kept is not None and fingerprint(kept.files) == fingerprint(found.files):
            return kept
        return self._document_from_files(found, 0)

    def read_batch(self, batch: int) -> Iterator[LedgerEntry]:
        """Yield the entries of all settled steps of a batch."""
        yield from self._read_all(self._files.list_names(file_names.batch_ledger_prefix(batch)))

    def batches(self, after: int = -1) -> Iterator[BatchFiles]:
        """Yield all batches with a settled step, in order, or only those with a number greater than ``after``."""
        listed = self._files.list_files(file_names.LEDGER, after=file_names.batch_ledger_prefix(after + 1))
        for batch, found in groupby(listed, lambda item: file_names.parse_ledger_batch(item.name)):
            yield BatchFiles(batch, {file_names.step_from_ledger_file(item.name): item.etag for item in found})

    def refused_files(self, after: str = "", *, with_skipped: bool = False) -> Iterator[str]:
        """Yield the file names of batches with refused objects, in order, or only those that sort after ``after``.

        ``with_skipped`` adds the batches in which properties were left as people have changed them.
        """
        for batch, found in sorted(self._totals.read().batches.items()):
            is_listed = found.refused_count or (with_skipped and found.skipped)
            if is_listed and file_names.batch_ledger_prefix(batch + 1) > after:
                yield from (
                    name for name in self._files.list_names(file_names.batch_ledger_prefix(batch)) if name > after
                )

    def read_files(self, names: Iterable[str]) -> Iterator[tuple[str, list[LedgerEntry]]]:
        """Yield the names of ledger files with their entries, read concurrently."""
        yield from map_concurrently(lambda name: (name, self._read_file(name) or []), names)

    def read_all(self) -> Iterator[LedgerEntry]:
        """Yield the entries of all batches, read concurrently."""
        yield from self._read_all(self._files.list_names(file_names.LEDGER))

    def _record_step(self, batch: int, step: str, etag: str, entries: list[LedgerEntry]) -> None:
        self.count_batches({batch: self._update_document(batch, step, etag, entries)})

    def _update_document(self, batch: int, step: str, etag: str, entries: list[LedgerEntry]) -> BatchDocument:
        """Update a batch's document after one of its files was written, and keep it for the next step."""
        name = file_names.batch_document_file(batch)
        for _ in range(MAX_ATTEMPTS):
            held = self._held.pop(batch, None) or self._read_entries(batch)
            if held.can_take(step):
                ends = held.document.with_step(step, etag, entries)
            else:
                ends = self._document_from_files(self._list_batch(batch), held.document.revision)
            try:
                self._held[batch] = _StoredDocument(ends, self._files.write_version(name, ends, held.version))
            except ConcurrentWriteError:
                continue
            break
        return ends

    def _read_entries(self, batch: int) -> _StoredDocument:
        kept, version = self._files.read_version(file_names.batch_document_file(batch), BatchDocument)
        return _StoredDocument(kept or BatchDocument(), version)

    def _list_batch(self, batch: int) -> BatchFiles:
        listed = self._files.list_files(file_names.batch_ledger_prefix(batch))
        return BatchFiles(batch, {file_names.step_from_ledger_file(item.name): item.etag for item in listed})

    def _document_from_files(self, found: BatchFiles, revision: int) -> BatchDocument:
        """Rebuild a batch document from the ledger files, with a later revision than the given one."""
        ends = BatchDocument(revision=revision)
        for step in sorted(found.files, key=lambda step: file_names.ledger_file(found.batch, step)):
            ends = ends.with_step(step, found.files[step], self.read_step(found.batch, step) or ())
        return ends

    def _read_all(self, files: Iterable[str]) -> Iterator[LedgerEntry]:
        for _, entries in self.read_files(files):
            yield from entries

    def _read_file(self, name: str) -> list[LedgerEntry] | None:
        rows = self._files.read_lines(name)
        return None if rows is None else [LedgerEntry.model_validate(row) for row in rows]


def _rows(entries: Iterable[LedgerEntry]) -> Iterator[JsonObject]:
    return (entry.model_dump(by_alias=True, exclude_none=True) for entry in entries)
