"""Takes a simulation back: by its ledger, then by search on its tag, until a later search finds nothing.

A record is archived only if the portal says that it carries this simulation's id, and that nobody has merged it with a
record of somebody else's, for then it holds both. Progress is kept in
``cleanup.json``, so that it can stop anywhere and go on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm import log, measures
from simcrm.hubspot.client import HubSpotClient, JsonObject
from simcrm.hubspot.properties import SIMULATION_ID
from simcrm.hubspot.reading import read_objects
from simcrm.measures import Measure
from simcrm.models.objects import ObjectType
from simcrm.storage import names
from simcrm.storage.artifacts import Artifacts
from simcrm.storage.ledger import Ledger, Outcome

ORDER = tuple(reversed((*ObjectType,)))
"""Tasks, calls, notes, tickets, deals, contacts, companies: what hangs on a record goes before it."""

MERGED_IDS = "hs_merged_object_ids"
"""HubSpot's own property: what was merged into a record, parted by semicolons; activities have none."""

CHUNK = 100
PAGE = 200
QUIET_LOOKS = 3
"""Searches in a row that must find nothing, because the index lags and a fresh record can drop out of it."""

LOOK_SECONDS = 5.0
SAMPLES = 3


class CleanupState(BaseModel):
    """How far a clean-up is: objects archived by type, records that turned out to be somebody else's, empty looks.

    ``job`` is the request it serves, the latest one where there are several; their names sort by time.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    job: str = ""
    archived: dict[ObjectType, int] = {}
    foreign: int = 0
    place: int = 0
    offset: int = 0
    quiet_looks: int = 0
    done: bool = False


def read_cleanup(artifacts: Artifacts) -> CleanupState | None:
    """The progress of a clean-up, or None where none was begun."""
    return artifacts.read(names.CLEANUP, CleanupState)


def preview(artifacts: Artifacts) -> JsonObject:
    """What a clean-up would archive, by the ledger: counts and a few samples of each type."""
    found = _ledgered(artifacts)
    samples = {kind: [{"key": key, "id": number} for number, key in rows[:SAMPLES]] for kind, rows in found.items()}
    counts = {kind: len(rows) for kind, rows in found.items()}
    return {"counts": counts, "total": sum(counts.values()), "samples": samples}


@dataclass(slots=True)
class Cleanup:
    """One simulation's clean-up; ``is_over`` tells that the function's time is, ``pause`` sleeps for seconds."""

    client: HubSpotClient
    artifacts: Artifacts
    is_over: Callable[[], bool]
    pause: Callable[[float], None]
    job: str = ""
    state: CleanupState = field(init=False)
    _left: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.state = read_cleanup(self.artifacts) or CleanupState()
        if self.state.done and self.job > self.state.job:  # asked for again: records may have come after it
            self.state = CleanupState(archived=self.state.archived, place=len(ORDER))
        self.state.job = max(self.job, self.state.job)

    def run(self) -> CleanupState:
        """Archive until all is done or the time is over.

        Raises:
            PortalBusyError, PortalRefusedError: the progress is kept; running again goes on.
        """
        if self.state.done:
            return self.state
        try:
            self._by_ledger()
            while not self.is_over() and self.state.quiet_looks < QUIET_LOOKS:
                self._look()
            self.state.done = self.state.quiet_looks >= QUIET_LOOKS
        finally:
            self.artifacts.write(names.CLEANUP, self.state)
        log.event(
            "CLEANUP_PROGRESS",
            "records were taken back",
            simulationId=self.artifacts.simulation_id,
            archived=sum(self.state.archived.values()),
            done=self.state.done,
        )
        return self.state

    def _by_ledger(self) -> None:
        if self.state.place >= len(ORDER):
            return
        ledgered = _ledgered(self.artifacts)
        while self.state.place < len(ORDER) and not self.is_over():
            kind = ORDER[self.state.place]
            ids = [number for number, _ in ledgered[kind]]
            part = ids[self.state.offset : self.state.offset + CHUNK]
            if part:
                self._archive_own(kind, part)
                self.state.offset += CHUNK
            else:
                self.state.place, self.state.offset = self.state.place + 1, 0

    def _look(self) -> None:
        """One search over all types; whatever is found and still there is archived."""
        found = sum(self._look_for(kind) for kind in ORDER)
        self.state.quiet_looks = 0 if found else self.state.quiet_looks + 1
        if self.state.quiet_looks < QUIET_LOOKS:
            self.pause(LOOK_SECONDS)

    def _look_for(self, kind: ObjectType) -> int:
        archived, last = 0, "0"
        while True:
            rows = self._search(kind, last)
            if not rows:
                return archived
            ids = [str(row["id"]) for row in rows]
            last = max(ids, key=int)
            for start in range(0, len(ids), CHUNK):
                archived += self._archive_own(kind, ids[start : start + CHUNK])

    def _search(self, kind: ObjectType, after: str) -> list[JsonObject]:
        """A page of hits beyond an id: a page number would end at 10,000."""
        filters = [
            {"propertyName": SIMULATION_ID, "operator": "EQ", "value": self.artifacts.simulation_id},
            {"propertyName": "hs_object_id", "operator": "GT", "value": after},
        ]
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [SIMULATION_ID],
            "limit": PAGE,
        }
        rows: list[JsonObject] = self.client.post(self.client.paths.search(kind), body).get("results") or []
        return rows

    def _archive_own(self, kind: ObjectType, ids: Sequence[str]) -> int:
        """Archive those that exist and are this simulation's; the record store, not the index, says so."""
        rows = read_objects(self.client, kind, ids, [SIMULATION_ID, MERGED_IDS])
        own = self._own(kind, rows)
        left = {str(row["id"]) for row in rows} - set(own)
        self.state.foreign += len(left - self._left)
        self._left |= left
        if own:
            path = self.client.paths.batch(kind, "archive")
            self.client.post(path, {"inputs": [{"id": number} for number in own]})
            measures.add(Measure.RECORDS_ARCHIVED, len(own))
            self.state.archived[kind] = self.state.archived.get(kind, 0) + len(own)
        return len(own)

    def _own(self, kind: ObjectType, rows: Sequence[JsonObject]) -> list[str]:
        tagged = [row for row in rows if row["properties"].get(SIMULATION_ID) == self.artifacts.simulation_id]
        if not any(map(_merged_ids, tagged)):
            return [str(row["id"]) for row in tagged]
        known = {number for number, _ in _ledgered(self.artifacts)[kind]}
        return [str(row["id"]) for row in tagged if not (joined := _merged_ids(row)) or {row["id"], *joined} <= known]


def _merged_ids(row: JsonObject) -> list[str]:
    return [number for number in (row["properties"].get(MERGED_IDS) or "").split(";") if number]


def _ledgered(artifacts: Artifacts) -> dict[ObjectType, list[tuple[str, str]]]:
    """Portal id and record key of what was written, by type, each object once, in a fixed order."""
    found: dict[ObjectType, dict[str, str]] = {kind: {} for kind in ORDER}
    for entry in Ledger(artifacts).all():
        if entry.outcome is Outcome.WRITTEN and entry.hubspot_id:
            found[entry.object_type][entry.hubspot_id] = entry.key
    return {kind: sorted(rows.items(), key=lambda row: int(row[0])) for kind, rows in found.items()}
