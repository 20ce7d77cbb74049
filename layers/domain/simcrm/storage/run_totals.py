"""The totals of a run, kept as its steps are settled, so that nobody has to count the ledger again.

Each of ``SHARDS`` documents has a share of the batches, and of each batch what is counted and of which ledger files.
So counting a batch again replaces what was counted of it, and a listing of the ledger shows what was not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from simcrm.core.concurrency import side_by_side
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleStage
from simcrm.models.throughput_series import Point, added, point
from simcrm.storage import file_names
from simcrm.storage.batch_document import IN_PORTAL, KEPT, BatchEnds, End, fingerprint, later, type_of
from simcrm.storage.ledger_entries import Tally
from simcrm.storage.lifecycle_funnel import ORDER
from simcrm.storage.simulation_files import Artifacts, StaleWriteError

SHARDS = 16
"""Writers that settle steps at the same moment seldom change the same document."""

TOGETHER = 2_000
"""Batches that are best counted together, where there are so many: each write is as long as all that is counted."""

TRIES = 10
"""To count a batch while others change its document; what is not counted then is counted with the next step."""

REFUSED = {End.REFUSED, End.CHANGE_REFUSED}


class BatchTotals(BaseModel):
    """How many objects of a batch have ended how.

    ``edge`` are the ends of its first and its last company by index, which the batches beside it may have too; they
    are not in ``ends``. ``stages`` are contacts by their furthest stage, ``waves`` the settled ones, ``fingerprint``
    that of the ledger files that are counted.
    """

    model_config = ConfigDict(frozen=True)

    revision: int
    fingerprint: str
    has_contacts: bool = False
    waves: int = 0
    ends: dict[End, dict[ObjectType, int]] = {}
    edge: dict[int, End] = {}
    stages: dict[LifecycleStage, int] = {}

    @classmethod
    def of(cls, found: BatchEnds) -> Self:
        """Count the ends of a batch."""
        companies = {int(key.split(":")[1]): key for key in found.objects if type_of(key) is ObjectType.COMPANIES}
        edge = {index: companies[index] for index in {min(companies), max(companies)}} if companies else {}
        ends: dict[End, Counter[ObjectType]] = {}
        for key, end in found.objects.items():
            if key not in edge.values():
                ends.setdefault(End(end[0]), Counter())[type_of(key)] += 1
        return cls(
            revision=found.revision,
            fingerprint=fingerprint(found.files),
            has_contacts=file_names.CONTACTS_STEP in found.files,
            waves=sum(step.startswith("wave-") and not step.endswith(file_names.BEGUN) for step in found.files),
            ends={end: dict(counts) for end, counts in ends.items()},
            edge={index: End(found.objects[key][0]) for index, key in sorted(edge.items())},
            stages=dict(Counter(found.stages.values())),
        )

    @property
    def kept(self) -> int:
        """Objects in the portal, or that would be there but for a dry run."""
        return self._sum(KEPT)

    @property
    def refused(self) -> int:
        """Objects that were refused, or a change of which was."""
        return self._sum(REFUSED)

    def _sum(self, ends: set[End]) -> int:
        inner = sum(sum(self.ends.get(end, {}).values()) for end in ends)
        return inner + sum(end in ends for end in self.edge.values())


class Shard(BaseModel):
    """``totals/{shard}.json``: batches by number; ``written`` is how much was written when, in buckets of a series.

    ``since`` is when the first of its steps was settled, from which the width of buckets follows.
    """

    model_config = ConfigDict(frozen=True)

    since: AwareDatetime | None = None
    batches: dict[int, BatchTotals] = {}
    written: dict[int, int] = {}

    def counting(self, found: Mapping[int, BatchTotals], now: datetime, *, is_listed: bool) -> Self:
        """The shard with these totals in place of those of the same batches, older ones unless ``is_listed``."""
        newer = {batch: totals for batch, totals in found.items() if self._is_news(batch, totals, is_listed)}
        if not newer:
            return self
        before = sum(self.batches[batch].kept for batch in newer if batch in self.batches)
        more = sum(totals.kept for totals in newer.values()) - before
        since, points = self.since or now, [Point(*item) for item in self.written.items()]
        written = added([*points, point(more, since, now)]) if more > 0 else self.written
        return self.model_copy(update={"since": since, "batches": self.batches | newer, "written": written})

    def _is_news(self, batch: int, totals: BatchTotals, is_listed: bool) -> bool:  # noqa: FBT001 - as it is given
        known = self.batches.get(batch)
        if known is None:
            return True
        return known.fingerprint != totals.fingerprint and (is_listed or known.revision <= totals.revision)


@dataclass(frozen=True)
class RunTotals:
    """The totals of a run: its batches by number, and how much was written when, in the buckets of a series."""

    batches: Mapping[int, BatchTotals]
    buckets: Mapping[int, int]

    @cached_property
    def tally(self) -> Tally:
        """All counts, as ``Tally.of`` would make them of the whole ledger."""
        counts = self._counts
        of = {end: {kind: counts[end, kind] for kind in ObjectType} for end in End}
        return Tally(
            written=_sum(of, KEPT),
            refused=sum(_sum(of, REFUSED).values()),
            settled=_sum(of, KEPT | {End.REFUSED}),
            aborted=sum(of[End.ABORTED].values()),
            funnel=self._funnel,
        )

    @cached_property
    def in_portal(self) -> dict[ObjectType, int]:
        """What was written by type, without what a dry run kept back."""
        return {kind: sum(self._counts[end, kind] for end in IN_PORTAL) for kind in ObjectType}

    def having(self, kind: ObjectType) -> Iterator[int]:
        """The batches that have objects of a type in the portal, in order."""
        for batch, totals in sorted(self.batches.items()):
            has_edge = kind is ObjectType.COMPANIES and any(end in IN_PORTAL for end in totals.edge.values())
            if has_edge or any(totals.ends.get(end, {}).get(kind) for end in IN_PORTAL):
                yield batch

    def has_counted(self, batch: int, files: Mapping[str, str]) -> bool:
        """Whether exactly these ledger files of a batch are counted."""
        known = self.batches.get(batch)
        return known is not None and known.fingerprint == fingerprint(files)

    @cached_property
    def _counts(self) -> Counter[tuple[End, ObjectType]]:
        found: Counter[tuple[End, ObjectType]] = Counter()
        companies: dict[int, End] = {}
        for _, totals in sorted(self.batches.items()):
            for end, counts in totals.ends.items():
                found.update({(end, kind): count for kind, count in counts.items()})
            for index, end in totals.edge.items():
                companies[index] = later(companies.get(index), end)
        found.update((end, ObjectType.COMPANIES) for end in companies.values())
        return found

    @property
    def _funnel(self) -> dict[LifecycleStage, int]:
        """How many contacts have come to each stage or passed it."""
        furthest: Counter[LifecycleStage] = Counter()
        for totals in self.batches.values():
            furthest.update(totals.stages)
        return {stage: sum(furthest[reached] for reached in ORDER[place:]) for place, stage in enumerate(ORDER)}


def _sum(of: Mapping[End, Mapping[ObjectType, int]], ends: set[End]) -> dict[ObjectType, int]:
    return {kind: sum(of[end][kind] for end in ends) for kind in ObjectType}


class Totals:
    """The totals of one simulation as they are kept; reading them takes ``SHARDS`` requests."""

    def __init__(self, artifacts: Artifacts, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._artifacts = artifacts
        self._clock = clock

    def read(self) -> RunTotals:
        """All totals as far as they are counted."""
        shards = list(side_by_side(self._shard, range(SHARDS), SHARDS))
        batches = {batch: totals for shard in shards for batch, totals in shard.batches.items()}
        return RunTotals(batches, added(Point(*item) for shard in shards for item in shard.written.items()))

    def count(self, found: Mapping[int, BatchTotals], *, is_listed: bool = False) -> None:
        """Count batches, which replaces what was counted of them, in one write for each of their documents.

        Older totals than the counted ones change nothing, unless a listing of the ledger has shown these to be right.
        """
        for shard, totals in _by_shard(found):
            self._count(file_names.totals(shard), totals, is_listed=is_listed)

    def _count(self, name: str, found: Mapping[int, BatchTotals], *, is_listed: bool) -> None:
        for _ in range(TRIES):
            shard, version = self._artifacts.read_version(name, Shard)
            before = shard or Shard()
            after = before.counting(found, self._clock(), is_listed=is_listed)
            if after is before:
                return
            try:
                self._artifacts.write_version(name, after, version)
            except StaleWriteError:
                continue
            return

    def _shard(self, number: int) -> Shard:
        return self._artifacts.read(file_names.totals(number), Shard) or Shard()


def _by_shard(found: Mapping[int, BatchTotals]) -> Iterator[tuple[int, dict[int, BatchTotals]]]:
    for shard in sorted({batch % SHARDS for batch in found}):
        yield shard, {batch: totals for batch, totals in found.items() if batch % SHARDS == shard}
