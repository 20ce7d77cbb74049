"""Clean up a simulation: archive by its ledger, then by searching for its tag until searches find nothing.

A record is archived only if the portal confirms that it carries this simulation's id and that it was not merged with
someone else's record, because a merged record holds the data of both. Progress is saved in ``cleanup.json``, so a
clean-up can stop at any point and continue later.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.concurrency import map_concurrently
from simcrm.core.log import log_event
from simcrm.hubspot.batch_reader import read_objects, split_into_chunks
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.custom_properties import SIMULATION_ID
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.jobs.cleanup_state import CleanupState, read_cleanup, remaining
from simcrm.jobs.tagged_records import ASSOCIATED_TYPES, TaggedRecords
from simcrm.models.crm_objects import ObjectType, by_json_name
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_totals import RunTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles

ARCHIVE_ORDER = tuple(reversed((*ObjectType,)))
"""E-mails, meetings, line items, products, then tasks to companies: associated objects go before their record."""

MERGED_IDS = "hs_merged_object_ids"
"""HubSpot's own property: ids of the records merged into this one, separated by semicolons; activities have none."""

BATCH_SIZE = 100
WINDOW = 10_000
"""Number of objects archived together, type by type, so that batch calls are full."""

EMPTY_PASSES = 3
"""Consecutive searches that must find nothing, because the index lags and may temporarily omit a new record."""

PASS_SECONDS = 5.0
UNAVAILABLE_SECONDS = 10.0
SAMPLES = 3


def preview_cleanup(files: SimulationFiles) -> JsonObject:
    """Return what a clean-up would archive according to the ledger's totals: counts and a few samples per type.

    Objects that an earlier clean-up has already archived are not counted.
    """
    state, totals = read_cleanup(files), TotalsStore(files).read()
    counts = remaining({kind: totals.in_portal[kind] for kind in ARCHIVE_ORDER}, state)
    samples = {} if state is not None and state.done else _samples(files, totals)
    return {"counts": by_json_name(counts), "total": sum(counts.values()), "samples": by_json_name(samples)}


def _samples(files: SimulationFiles, totals: RunTotals) -> dict[ObjectType, list[JsonObject]]:
    """Return the first objects of each type that are in the portal."""
    wanted = sorted({batch for kind in ARCHIVE_ORDER for batch in islice(totals.batches_with(kind), SAMPLES)})
    found: dict[ObjectType, list[JsonObject]] = {kind: [] for kind in ARCHIVE_ORDER}
    for kept in map_concurrently(
        lambda batch: files.read(file_names.batch_document_file(batch), BatchDocument), wanted
    ):
        for kind, rows in ({} if kept is None else kept.in_portal(files.simulation_id)).items():
            found[kind] += ({"key": key, "id": number} for number, key in rows)
    return {kind: rows[:SAMPLES] for kind, rows in found.items()}


@dataclass(slots=True)
class CleanupJob:
    """One simulation's clean-up.

    ``is_out_of_time`` tells whether the function is about to time out; ``sleep`` sleeps for a number of seconds.
    """

    client: HubSpotClient
    files: SimulationFiles
    is_out_of_time: Callable[[], bool]
    sleep: Callable[[float], None]
    job: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    state: CleanupState = field(init=False)
    _tagged: TaggedRecords = field(init=False)
    _known: dict[ObjectType, "array[int]"] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._tagged = TaggedRecords(self.client)
        self.state = read_cleanup(self.files) or CleanupState()
        if self.state.done and self.job > self.state.job:  # requested again: new records may have appeared
            before = self.state.model_dump(include={"archived", "foreign_count", "foreign_ids"})
            self.state = CleanupState(**before, is_ledger_done=True)
        self.state.job = max(self.job, self.state.job)

    def run(self) -> CleanupState:
        """Archive objects until all are done or time runs out.

        Raises:
            PortalUnavailableError, PortalAccessError: progress is saved; running again continues from there.
        """
        if self.state.done:
            return self.state
        try:
            self._archive_by_ledger()
            while not self.is_out_of_time() and self.state.empty_searches < EMPTY_PASSES:
                self._search_pass()
            if self.state.empty_searches >= EMPTY_PASSES:
                self.state.done, self.state.done_at = True, self.clock()
        finally:
            self.files.write(file_names.CLEANUP, self.state)
        log_event(
            "CLEANUP_PROGRESS",
            "records were archived",
            simulationId=self.files.simulation_id,
            archived=sum(self.state.archived.values()),
            done=self.state.done,
        )
        return self.state

    def _archive_by_ledger(self) -> None:
        """Archive the objects in the ledger, a window of batches at a time, associated objects before their records."""
        if self.state.is_ledger_done:
            return
        for last, chunks_left in self._windows():
            for kind, ids in chunks_left[self.state.chunks :]:
                if self.is_out_of_time():
                    return
                self._archive_own(kind, ids)
                self.state.chunks += 1
            self.state.batch, self.state.chunks = last, 0
        self.state.is_ledger_done = True

    def _windows(self) -> Iterator[tuple[int, list[tuple[ObjectType, Sequence[str]]]]]:
        """Yield the last batch of each window and the ids to archive, one chunk per call."""
        ids: dict[ObjectType, dict[str, None]] = {kind: {} for kind in ARCHIVE_ORDER}
        last = self.state.batch
        for last, found in self._written(self.state.batch):
            for kind, rows in found.items():
                ids[kind].update(dict.fromkeys(number for number, _ in rows))
            if sum(map(len, ids.values())) >= WINDOW:
                yield last, _calls(ids)
                ids = {kind: {} for kind in ARCHIVE_ORDER}
        yield last, _calls(ids)

    def _written(self, after: int = -1) -> Iterator[tuple[int, dict[ObjectType, list[tuple[str, str]]]]]:
        """Yield the portal id and record key of each object in the portal, by batch and type."""
        ledger = Ledger(self.files)
        looked_at = map_concurrently(lambda found: (found.batch, ledger.read_document(found)), ledger.batches(after))
        yield from ((batch, ends.in_portal(self.files.simulation_id)) for batch, ends in looked_at)

    def _search_pass(self) -> None:
        """Search all types once and archive every object found that still exists."""
        archived = sum(self._search_type(kind) for kind in ARCHIVE_ORDER)
        self.state.empty_searches = 0 if archived else self.state.empty_searches + 1
        if self.state.empty_searches < EMPTY_PASSES:
            self.sleep(PASS_SECONDS)

    def _search_type(self, kind: ObjectType) -> int:
        archived = 0
        for rows in self._tagged.pages(kind, self.files.simulation_id):
            ids = [str(row["id"]) for row in rows]
            for start in range(0, len(ids), BATCH_SIZE):
                part = ids[start : start + BATCH_SIZE]
                archived += self._archive_associated(kind, part) + self._archive_own(kind, part)
        return archived

    def _archive_associated(self, owner: ObjectType, ids: Sequence[str]) -> int:
        """Archive objects associated with records about to be archived, including those not in the index yet."""
        if owner not in {ObjectType.CONTACTS, ObjectType.COMPANIES}:
            return 0
        linked = {
            kind: self._tagged.associated_with(owner, ids, kind)
            for kind in ASSOCIATED_TYPES
            if self._tagged.has_tag(kind)
        }
        return sum(
            self._archive_own(kind, associated_ids, leave=False)
            for kind, associated_ids in linked.items()
            if associated_ids
        )

    def _archive_own(self, kind: ObjectType, ids: Sequence[str], *, leave: bool = True) -> int:
        """Archive the objects that exist and belong to this simulation, according to the record store, not the index.

        If ``leave``, the others are noted as left in the portal.
        """
        rows = read_objects(self.client, kind, ids, [SIMULATION_ID, MERGED_IDS])
        own = self._own_ids(kind, rows)
        if leave:
            self._note_left(kind, {str(row["id"]) for row in rows} - set(own))
        path = self.client.paths.batch(kind, "archive")
        for part in split_into_chunks(own, BATCH_SIZE):
            self.client.post(path, {"inputs": [{"id": number} for number in part]})
            cloudwatch_metrics.record(Metric.RECORDS_ARCHIVED, len(part))
            self.state.archived[kind] = self.state.archived.get(kind, 0) + len(part)
        return len(own)

    def _note_left(self, kind: ObjectType, ids: set[str]) -> None:
        known = self.state.foreign_ids.setdefault(kind, [])
        known += sorted(ids.difference(known), key=int)
        self.state.foreign_count = sum(map(len, self.state.foreign_ids.values()))

    def _own_ids(self, kind: ObjectType, rows: Sequence[JsonObject]) -> list[str]:
        tagged = [row for row in rows if row["properties"].get(SIMULATION_ID) == self.files.simulation_id]
        if not any(map(_merged_ids, tagged)):
            return [str(row["id"]) for row in tagged]
        return [str(row["id"]) for row in tagged if self._is_own({str(row["id"])}, set(_merged_ids(row)), kind)]

    def _is_own(self, ids: set[str], joined: set[str], kind: ObjectType) -> bool:
        """Whether a record, with all records merged into it, comes from the ledger alone."""
        return not joined or all(self._is_ledgered(int(number), kind) for number in ids | joined)

    def _is_ledgered(self, number: int, kind: ObjectType) -> bool:
        if not self._known:
            self._known = _numbers(found for _, found in self._written())
        known = self._known[kind]
        place = bisect_left(known, number)
        return place < len(known) and known[place] == number


def _merged_ids(row: JsonObject) -> list[str]:
    return [number for number in (row["properties"].get(MERGED_IDS) or "").split(";") if number]


def _numbers(written: Iterable[Mapping[ObjectType, list[tuple[str, str]]]]) -> dict[ObjectType, "array[int]"]:
    """Return all ids by type, in ascending order, eight bytes each."""
    numbers = {kind: array("q") for kind in ARCHIVE_ORDER}
    for found in written:
        for kind, rows in found.items():
            numbers[kind].extend(int(number) for number, _ in rows)
    return {kind: array("q", sorted(unsorted)) for kind, unsorted in numbers.items()}


def _calls(ids: Mapping[ObjectType, Iterable[str]]) -> list[tuple[ObjectType, Sequence[str]]]:
    return [(kind, part) for kind in ARCHIVE_ORDER for part in split_into_chunks(list(ids[kind]), BATCH_SIZE)]


def clean_up_portal(
    client: HubSpotClient,
    files: SimulationFiles,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    is_out_of_time: Callable[[], bool] = lambda: False,
) -> CleanupState:
    """Clean up a simulation without a stack: by the ledger in ``files``, if any, and by searching the portal.

    If the portal is unavailable, wait and retry. If time runs out, the returned state is not done; calling again
    continues from there.

    Raises:
        PortalAccessError: the portal cannot be used.
    """
    cleanup = CleanupJob(client, files, is_out_of_time, sleep, f"cleanup-{clock():%Y%m%dt%H%M%S}", clock)
    while not cleanup.state.done and not is_out_of_time():
        try:
            cleanup.run()
        except PortalUnavailableError as error:
            sleep(UNAVAILABLE_SECONDS if error.retry_after is None else error.retry_after)
    return cleanup.state
