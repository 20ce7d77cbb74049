"""Takes a simulation back: by its ledger, then by search on its tag, until a later search finds nothing.

A record is archived only if the portal says that it carries this simulation's id, and that nobody has merged it with a
record of somebody else's, for then it holds both. Progress is kept in
``cleanup.json``, so that it can stop anywhere and go on.
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
from simcrm.hubspot.batch_reader import chunked, read_objects
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.custom_properties import SIMULATION_ID
from simcrm.hubspot.errors import PortalUnavailableError
from simcrm.jobs.cleanup_state import CleanupState, read_cleanup, remaining
from simcrm.jobs.tagged_records import ASSOCIATED_TYPES, TaggedRecords
from simcrm.models.crm_objects import ObjectType
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.ledger import Ledger
from simcrm.storage.run_totals import RunTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles

ARCHIVE_ORDER = tuple(reversed((*ObjectType,)))
"""Tasks, calls, notes, tickets, deals, contacts, companies: what hangs on a record goes before it."""

MERGED_IDS = "hs_merged_object_ids"
"""HubSpot's own property: what was merged into a record, parted by semicolons; activities have none."""

BATCH_SIZE = 100
WINDOW = 10_000
"""Objects that are archived together, type by type, so that calls are full."""

EMPTY_PASSES = 3
"""Searches in a row that must find nothing, because the index lags and a fresh record can drop out of it."""

PASS_SECONDS = 5.0
UNAVAILABLE_SECONDS = 10.0
SAMPLES = 3


def preview_cleanup(files: SimulationFiles) -> JsonObject:
    """What a clean-up would archive, by the totals of the ledger: counts and a few samples of each type.

    What an earlier clean-up has archived already is not counted.
    """
    state, totals = read_cleanup(files), TotalsStore(files).read()
    counts = remaining({kind: totals.in_portal[kind] for kind in ARCHIVE_ORDER}, state)
    samples = {} if state is not None and state.done else _samples(files, totals)
    return {"counts": counts, "total": sum(counts.values()), "samples": samples}


def _samples(artifacts: SimulationFiles, totals: RunTotals) -> dict[ObjectType, list[JsonObject]]:
    """The first objects of each type that are in the portal."""
    wanted = sorted({batch for kind in ARCHIVE_ORDER for batch in islice(totals.batches_with(kind), SAMPLES)})
    found: dict[ObjectType, list[JsonObject]] = {kind: [] for kind in ARCHIVE_ORDER}
    for kept in map_concurrently(
        lambda batch: artifacts.read(file_names.batch_document_file(batch), BatchDocument), wanted
    ):
        for kind, rows in ({} if kept is None else kept.in_portal(artifacts.simulation_id)).items():
            found[kind] += ({"key": key, "id": number} for number, key in rows)
    return {kind: rows[:SAMPLES] for kind, rows in found.items()}


@dataclass(slots=True)
class CleanupJob:
    """One simulation's clean-up; ``is_out_of_time`` tells that the function's time is, ``sleep`` sleeps for seconds."""

    client: HubSpotClient
    artifacts: SimulationFiles
    is_out_of_time: Callable[[], bool]
    sleep: Callable[[float], None]
    job: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    state: CleanupState = field(init=False)
    _tagged: TaggedRecords = field(init=False)
    _known: dict[ObjectType, "array[int]"] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._tagged = TaggedRecords(self.client)
        self.state = read_cleanup(self.artifacts) or CleanupState()
        if self.state.done and self.job > self.state.job:  # asked for again: records may have come after it
            before = self.state.model_dump(include={"archived", "foreign", "left"})
            self.state = CleanupState(**before, is_ledger_done=True)
        self.state.job = max(self.job, self.state.job)

    def run(self) -> CleanupState:
        """Archive until all is done or the time is over.

        Raises:
            PortalBusyError, PortalRefusedError: the progress is kept; running again goes on.
        """
        if self.state.done:
            return self.state
        try:
            self._archive_by_ledger()
            while not self.is_out_of_time() and self.state.quiet_looks < EMPTY_PASSES:
                self._search_pass()
            if self.state.quiet_looks >= EMPTY_PASSES:
                self.state.done, self.state.done_at = True, self.clock()
        finally:
            self.artifacts.write(file_names.CLEANUP, self.state)
        log_event(
            "CLEANUP_PROGRESS",
            "records were taken back",
            simulationId=self.artifacts.simulation_id,
            archived=sum(self.state.archived.values()),
            done=self.state.done,
        )
        return self.state

    def _archive_by_ledger(self) -> None:
        """Archive what the ledger knows, some batches at a time, and of these what hangs on a record before it."""
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
        """The last batch of each window, and what is to be archived of it call by call."""
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
        """Portal id and record key of what is in the portal, by batch and type."""
        ledger = Ledger(self.artifacts)
        looked_at = map_concurrently(lambda found: (found.batch, ledger.read_document(found)), ledger.batches(after))
        yield from ((batch, ends.in_portal(self.artifacts.simulation_id)) for batch, ends in looked_at)

    def _search_pass(self) -> None:
        """One search over all types; whatever is found and still there is archived."""
        archived = sum(self._search_type(kind) for kind in ARCHIVE_ORDER)
        self.state.quiet_looks = 0 if archived else self.state.quiet_looks + 1
        if self.state.quiet_looks < EMPTY_PASSES:
            self.sleep(PASS_SECONDS)

    def _search_type(self, kind: ObjectType) -> int:
        archived = 0
        for rows in self._tagged.pages(kind, self.artifacts.simulation_id):
            ids = [str(row["id"]) for row in rows]
            for start in range(0, len(ids), BATCH_SIZE):
                part = ids[start : start + BATCH_SIZE]
                archived += self._archive_associated(kind, part) + self._archive_own(kind, part)
        return archived

    def _archive_associated(self, owner: ObjectType, ids: Sequence[str]) -> int:
        """Archive what hangs on records that are about to go and that the index does not show yet."""
        if owner not in {ObjectType.CONTACTS, ObjectType.COMPANIES}:
            return 0
        linked = {kind: self._tagged.associated_with(owner, ids, kind) for kind in ASSOCIATED_TYPES}
        return sum(
            self._archive_own(kind, associated_ids, leave=False)
            for kind, associated_ids in linked.items()
            if associated_ids
        )

    def _archive_own(self, kind: ObjectType, ids: Sequence[str], *, leave: bool = True) -> int:
        """Archive those that exist and are this simulation's; the record store, not the index, says so.

        The others are noted as left in the portal if ``leave``.
        """
        rows = read_objects(self.client, kind, ids, [SIMULATION_ID, MERGED_IDS])
        own = self._own_ids(kind, rows)
        if leave:
            self._note_left(kind, {str(row["id"]) for row in rows} - set(own))
        path = self.client.paths.batch(kind, "archive")
        for part in chunked(own, BATCH_SIZE):
            self.client.post(path, {"inputs": [{"id": number} for number in part]})
            cloudwatch_metrics.record(Metric.RECORDS_ARCHIVED, len(part))
            self.state.archived[kind] = self.state.archived.get(kind, 0) + len(part)
        return len(own)

    def _note_left(self, kind: ObjectType, ids: set[str]) -> None:
        known = self.state.left.setdefault(kind, [])
        known += sorted(ids.difference(known), key=int)
        self.state.foreign = sum(map(len, self.state.left.values()))

    def _own_ids(self, kind: ObjectType, rows: Sequence[JsonObject]) -> list[str]:
        tagged = [row for row in rows if row["properties"].get(SIMULATION_ID) == self.artifacts.simulation_id]
        if not any(map(_merged_ids, tagged)):
            return [str(row["id"]) for row in tagged]
        return [str(row["id"]) for row in tagged if self._is_own({str(row["id"])}, set(_merged_ids(row)), kind)]

    def _is_own(self, ids: set[str], joined: set[str], kind: ObjectType) -> bool:
        """Whether a record holds nothing that is not of the ledger."""
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
    """All ids by type, ascending, in eight bytes each."""
    numbers = {kind: array("q") for kind in ARCHIVE_ORDER}
    for found in written:
        for kind, rows in found.items():
            numbers[kind].extend(int(number) for number, _ in rows)
    return {kind: array("q", sorted(unsorted)) for kind, unsorted in numbers.items()}


def _calls(ids: Mapping[ObjectType, Iterable[str]]) -> list[tuple[ObjectType, Sequence[str]]]:
    return [(kind, part) for kind in ARCHIVE_ORDER for part in chunked(list(ids[kind]), BATCH_SIZE)]


def clean_up_portal(
    client: HubSpotClient,
    files: SimulationFiles,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    is_out_of_time: Callable[[], bool] = lambda: False,
) -> CleanupState:
    """Take a simulation back without a stack: by the ledger that the artifacts hold, if any, and from the portal alone.

    A portal that is busy is waited for. Once ``is_out_of_time``, what is returned is not done; doing it again goes on.

    Raises:
        PortalRefusedError: the portal cannot be used.
    """
    cleanup = CleanupJob(client, files, is_out_of_time, sleep, f"cleanup-{clock():%Y%m%dt%H%M%S}", clock)
    while not cleanup.state.done and not is_out_of_time():
        try:
            cleanup.run()
        except PortalUnavailableError as error:
            sleep(UNAVAILABLE_SECONDS if error.retry_after is None else error.retry_after)
    return cleanup.state
