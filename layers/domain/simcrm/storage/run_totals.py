"""The totals of a run, updated as its steps are settled, so that the ledger never has to be recounted.

Each of the ``SHARDS`` documents covers a share of the batches and stores, for each batch, the counts and a fingerprint
of the ledger files they come from. Recounting a batch replaces its counts, and comparing fingerprints with a listing of
the ledger shows what is not counted yet.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from simcrm.core.concurrency import map_concurrently
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.models.throughput_series import ThroughputBucket, bucket_for, merge_buckets
from simcrm.storage import file_names
from simcrm.storage.batch_document import (
    IN_PORTAL,
    SUCCESSFUL_RESULTS,
    BatchDocument,
    ObjectResult,
    fingerprint,
    later_result,
    object_type_from_key,
)
from simcrm.storage.ledger_entries import LedgerTotals
from simcrm.storage.lifecycle_funnel import STAGE_ORDER
from simcrm.storage.simulation_files import ConcurrentWriteError, SimulationFiles

SHARDS = 16
"""Number of totals documents, so that writers that settle steps at the same time rarely change the same one."""

BATCHES_PER_WRITE = 2_000
"""Number of batches counted in one write if there are that many, because every write rewrites the whole shard."""

MAX_ATTEMPTS = 10
"""Attempts to count a batch while others change its shard; if all fail, it is counted with the next step."""

REFUSED = {ObjectResult.REFUSED, ObjectResult.CHANGE_REFUSED}


class BatchTotals(BaseModel):
    """Number of objects of a batch by outcome and type.

    ``edge`` holds the outcomes of the first and last company by index, which neighboring batches may share; they are
    not included in ``ends``. ``stages`` counts contacts by their furthest stage, ``waves`` is the number of settled
    waves, ``skipped`` that of properties left as people have changed them, and ``fingerprint`` is that of the counted
    ledger files.
    """

    model_config = ConfigDict(frozen=True)

    revision: int
    fingerprint: str
    has_contacts: bool = False
    waves: int = 0
    ends: dict[ObjectResult, dict[ObjectType, int]] = {}
    edge: dict[int, ObjectResult] = {}
    stages: dict[LifecycleStage, int] = {}
    skipped: int = 0

    @classmethod
    def from_document(cls, document: BatchDocument) -> Self:
        """Count the outcomes in a batch document."""
        companies = {
            int(key.split(":")[1]): key for key in document.objects if object_type_from_key(key) is ObjectType.COMPANIES
        }
        edge = {index: companies[index] for index in {min(companies), max(companies)}} if companies else {}
        ends: dict[ObjectResult, Counter[ObjectType]] = {}
        for key, end in document.objects.items():
            if key not in edge.values():
                ends.setdefault(ObjectResult(end[0]), Counter())[object_type_from_key(key)] += 1
        return cls(
            revision=document.revision,
            fingerprint=fingerprint(document.files),
            has_contacts=file_names.CONTACTS_STEP in document.files,
            waves=sum(
                step.startswith("wave-") and not step.endswith(file_names.UNFINISHED_SUFFIX) for step in document.files
            ),
            ends={end: dict(counts) for end, counts in ends.items()},
            edge={index: ObjectResult(document.objects[key][0]) for index, key in sorted(edge.items())},
            stages=dict(Counter(document.stages.values())),
            skipped=sum(map(len, document.kept.values())),
        )

    @property
    def successful_count(self) -> int:
        """Number of objects that are in the portal or, in a dry run, would be."""
        return self._sum(SUCCESSFUL_RESULTS)

    @property
    def refused_count(self) -> int:
        """Number of objects that were refused or had a change refused."""
        return self._sum(REFUSED)

    def _sum(self, ends: set[ObjectResult]) -> int:
        inner = sum(sum(self.ends.get(end, {}).values()) for end in ends)
        return inner + sum(end in ends for end in self.edge.values())


class TotalsShard(BaseModel):
    """``totals/{shard}.json``: batches by number; ``written`` holds the throughput buckets.

    ``since`` is when the first of its steps was settled; it determines the width of the buckets.
    """

    model_config = ConfigDict(frozen=True)

    since: AwareDatetime | None = None
    batches: dict[int, BatchTotals] = {}
    written: dict[int, int] = {}

    def with_batches(self, found: Mapping[int, BatchTotals], now: datetime, *, is_listed: bool) -> Self:
        """Return the shard with the totals of these batches replaced; older totals are ignored unless ``is_listed``."""
        newer = {batch: totals for batch, totals in found.items() if self._is_newer(batch, totals, is_listed)}
        if not newer:
            return self
        before = sum(self.batches[batch].successful_count for batch in newer if batch in self.batches)
        more = sum(totals.successful_count for totals in newer.values()) - before
        since, points = self.since or now, [ThroughputBucket(*item) for item in self.written.items()]
        written = merge_buckets([*points, bucket_for(more, since, now)]) if more > 0 else self.written
        return self.model_copy(update={"since": since, "batches": self.batches | newer, "written": written})

    def _is_newer(self, batch: int, totals: BatchTotals, is_listed: bool) -> bool:  # noqa: FBT001 - passed on as given
        known = self.batches.get(batch)
        if known is None:
            return True
        return known.fingerprint != totals.fingerprint and (is_listed or known.revision <= totals.revision)


@dataclass(frozen=True)
class RunTotals:
    """The totals of a run: its batches by number and its throughput buckets."""

    batches: Mapping[int, BatchTotals]
    buckets: Mapping[int, int]

    @cached_property
    def ledger_totals(self) -> LedgerTotals:
        """All counts, equal to those that ``LedgerTotals.from_entries`` would return for the whole ledger."""
        counts = self._counts
        of = {end: {kind: counts[end, kind] for kind in ObjectType} for end in ObjectResult}
        return LedgerTotals(
            written=_sum(of, SUCCESSFUL_RESULTS),
            refused=sum(_sum(of, REFUSED).values()),
            settled=_sum(of, SUCCESSFUL_RESULTS | {ObjectResult.REFUSED}),
            aborted=sum(of[ObjectResult.ABORTED].values()),
            skipped=sum(totals.skipped for totals in self.batches.values()),
            funnel=self._funnel,
        )

    @cached_property
    def in_portal(self) -> dict[ObjectType, int]:
        """Number of objects written to the portal, by type, without those held back by a dry run."""
        return {kind: sum(self._counts[end, kind] for end in IN_PORTAL) for kind in ObjectType}

    def batches_with(self, kind: ObjectType) -> Iterator[int]:
        """Yield the batches that have objects of a type in the portal, in order."""
        for batch, totals in sorted(self.batches.items()):
            has_edge = kind is ObjectType.COMPANIES and any(end in IN_PORTAL for end in totals.edge.values())
            if has_edge or any(totals.ends.get(end, {}).get(kind) for end in IN_PORTAL):
                yield batch

    def has_counted(self, batch: int, files: Mapping[str, str]) -> bool:
        """Whether exactly these ledger files of a batch are counted."""
        known = self.batches.get(batch)
        return known is not None and known.fingerprint == fingerprint(files)

    @cached_property
    def _counts(self) -> Counter[tuple[ObjectResult, ObjectType]]:
        found: Counter[tuple[ObjectResult, ObjectType]] = Counter()
        companies: dict[int, ObjectResult] = {}
        for _, totals in sorted(self.batches.items()):
            for end, counts in totals.ends.items():
                found.update({(end, kind): count for kind, count in counts.items()})
            for index, end in totals.edge.items():
                companies[index] = later_result(companies.get(index), end)
        found.update((end, ObjectType.COMPANIES) for end in companies.values())
        return found

    @property
    def _funnel(self) -> dict[LifecycleStage, int]:
        """Number of contacts that have reached or passed each stage."""
        furthest: Counter[LifecycleStage] = Counter()
        for totals in self.batches.values():
            furthest.update(totals.stages)
        return {
            stage: sum(furthest[reached] for reached in STAGE_ORDER[place:]) for place, stage in enumerate(STAGE_ORDER)
        }


def _sum(of: Mapping[ObjectResult, Mapping[ObjectType, int]], ends: set[ObjectResult]) -> dict[ObjectType, int]:
    return {kind: sum(of[end][kind] for end in ends) for kind in ObjectType}


class TotalsStore:
    """The stored totals of one simulation; reading them takes ``SHARDS`` requests."""

    def __init__(self, files: SimulationFiles, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._files = files
        self._clock = clock

    def read(self) -> RunTotals:
        """Return all totals counted so far."""
        shards = list(map_concurrently(self._read_shard, range(SHARDS), SHARDS))
        batches = {batch: totals for shard in shards for batch, totals in shard.batches.items()}
        return RunTotals(
            batches, merge_buckets(ThroughputBucket(*item) for shard in shards for item in shard.written.items())
        )

    def update(self, found: Mapping[int, BatchTotals], *, is_listed: bool = False) -> None:
        """Replace the totals of batches, with one write for each shard.

        Totals older than the stored ones are ignored unless a listing of the ledger has confirmed them (``is_listed``).
        """
        for shard, totals in _by_shard(found):
            self._update_shard(file_names.totals_file(shard), totals, is_listed=is_listed)

    def _update_shard(self, name: str, found: Mapping[int, BatchTotals], *, is_listed: bool) -> None:
        for _ in range(MAX_ATTEMPTS):
            shard, version = self._files.read_version(name, TotalsShard)
            before = shard or TotalsShard()
            after = before.with_batches(found, self._clock(), is_listed=is_listed)
            if after is before:
                return
            try:
                self._files.write_version(name, after, version)
            except ConcurrentWriteError:
                continue
            return

    def _read_shard(self, number: int) -> TotalsShard:
        return self._files.read(file_names.totals_file(number), TotalsShard) or TotalsShard()


def _by_shard(found: Mapping[int, BatchTotals]) -> Iterator[tuple[int, dict[int, BatchTotals]]]:
    for shard in sorted({batch % SHARDS for batch in found}):
        yield shard, {batch: totals for batch, totals in found.items() if batch % SHARDS == shard}
