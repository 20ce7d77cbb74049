"""The ledger of a large run, written by the project's own plan and writer into a bucket.

``python bench/million_ledger.py FILE RECORDS`` makes it once, and prints how many objects it has. The portal alone is
made up: it takes what it gets, but for one contact in ``ONE_REFUSED``. Budgets grow with the run, so that a record has
as many activities in a small one as in a large one.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from million_bucket import SqliteBucket, open_bucket
from million_rows import Rows

from simcrm.core.concurrency import chunked_windows, map_concurrently
from simcrm.generation.row_generator import RowGenerator
from simcrm.hubspot.batch_writer import WriteResults
from simcrm.models.crm_objects import CrmObject, ObjectType
from simcrm.planning.batches import Batch, read_batches
from simcrm.planning.plan_document import SimulationPlan, write_plan
from simcrm.planning.plan_simulation import PlanRequest, plan_simulation
from simcrm.storage import file_names
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.run_totals import BatchTotals, TotalsStore
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.synthetic import load_scenario
from simcrm.writing.write_request import WriteRequest
from simcrm.writing.writer import Writer

SIMULATION = "million"
PREFIX = f"simulations/{SIMULATION}/"
HALF = "half/"
"""The totals of the first half of the batches, for a run that was aborted in its middle."""

NOW = datetime(2026, 6, 1, tzinfo=UTC)
QUARTER = {"startTime": "2026-03-03T00:00:00Z", "endTime": "2026-06-01T00:00:00Z", "timeScale": 0}
MILLION = 1_000_000
ONE_REFUSED = 500
REASON = "Property values were not valid"
FIRST_ID, IDS_PER_RECORD = 40_000_000_000, 100
SECONDS_PER_BATCH = 1.44
"""A million records in four hours: so much of the portal's limit a batch needs."""

TOGETHER = 20
"""Batches that a process makes before it hands them over."""

WINDOW = 250
"""Batches that are counted in one write of their totals."""


def document(records: int) -> dict[str, Any]:
    """The input of a run of so many records."""
    budgets = load_scenario("B2B").parameters.budgets
    share = {kind.value: most * records // MILLION for kind, most in budgets.items()}
    return {"totalRecords": records, "dryRun": True, "seed": "million", "activities": {"budgets": share}, **QUARTER}


def files_in(bucket: SqliteBucket) -> SimulationFiles:
    """The simulation's objects in a bucket."""
    return SimulationFiles(bucket, "bench", SIMULATION)  # type: ignore[arg-type]


def planned(files: SimulationFiles, records: int) -> SimulationPlan:
    """Plan the run: a dry one, because there is no portal to prepare."""
    return plan_simulation(PlanRequest(SIMULATION, NOW, document(records)), None, files)  # type: ignore[arg-type]


def batch_count(files: SimulationFiles) -> int:
    """The number of batches of the run."""
    return len(read_batches(files))


class Portal:
    """Takes what it gets, but for one contact in ``ONE_REFUSED``; ids are as long as HubSpot's."""

    def __init__(self, first: int) -> None:
        self._ids = count(first)

    def write(self, objects: Sequence[CrmObject], known_ids: dict[str, str]) -> WriteResults:
        """The id of each object, that which it has where it is only changed."""
        refused = {item.key: REASON for item in objects if _is_refused(item)}
        taken = (item.key for item in objects if item.key not in refused)
        return WriteResults({key: known_ids.get(key) or str(next(self._ids)) for key in taken}, refused)

    def read_values(
        self, objects: Sequence[CrmObject], _names: Mapping[str, Iterable[str]], _known_ids: Mapping[str, str]
    ) -> dict[str, dict[str, str | None]]:
        """What the run last wrote, because nobody changes anything."""
        return {item.key: dict(item.known.previous) for item in objects if item.known is not None}


def _is_refused(item: CrmObject) -> bool:
    return item.object_type is ObjectType.CONTACTS and int(item.key.rpartition(":")[2]) % ONE_REFUSED == ONE_REFUSED - 1


def made(given: tuple[SimulationPlan, Sequence[Batch]]) -> list[tuple[str, bytes]]:
    """All objects of some batches that have run to their end, by key."""
    plan, batches = given
    bucket = open_bucket(":memory:")
    files, rows = files_in(bucket), Rows(RowGenerator.from_plan(plan), batches[0])
    write_plan(files, plan)
    portal = Portal(FIRST_ID + batches[0].first_index * IDS_PER_RECORD)
    writer = Writer(portal, lambda _: files)  # type: ignore[arg-type]
    for batch in batches:
        for step, source in rows.write(files, batch).items():
            writer.write([writer.open(_request(batch, step, source))])
    kept = bucket.contents(PREFIX)
    bucket.close()
    return [
        (key, body) for key, body in kept if not key.startswith((PREFIX + file_names.PLAN, PREFIX + file_names.TOTALS))
    ]


def _request(batch: Batch, step: str, source: str) -> WriteRequest:
    given = {"taskToken": "token", "simulationId": SIMULATION, "batch": batch.number, "step": step, "source": source}
    return WriteRequest.model_validate(given)


def counted(files: SimulationFiles, batches: Iterable[int]) -> None:
    """Count batches in the totals, as their writers would one after the other."""
    for window in chunked_windows(batches, WINDOW):
        at = NOW + timedelta(seconds=window[-1] * SECONDS_PER_BATCH)
        kept = map_concurrently(lambda batch: files.read(file_names.batch_document_file(batch), BatchDocument), window)
        found = {
            batch: BatchTotals.from_document(ends) for batch, ends in zip(window, kept, strict=True) if ends is not None
        }
        TotalsStore(files, lambda at=at: at).update(found)  # type: ignore[misc]


def build(path: Path, records: int) -> None:
    """Plan a run and let it run to its end."""
    bucket = open_bucket(path)
    files = files_in(bucket)
    plan = planned(files, records)
    plan = plan.model_copy(update={"input": plan.input.model_copy(update={"dry_run": False})})
    write_plan(files, plan)
    batches = read_batches(files)
    with ProcessPoolExecutor() as pool:
        for contents in pool.map(made, ((plan, part) for part in chunked_windows(batches, TOGETHER))):
            bucket.add(contents)
    half = len(batches) // 2
    counted(files, range(half))
    bucket.copy(PREFIX + file_names.TOTALS, HALF + file_names.TOTALS)
    counted(files, range(half, len(batches)))
    bucket.close()


def objects_in(path: Path) -> int:
    """How many objects have an end in the ledger of a bucket."""
    bucket = open_bucket(path)
    tally = TotalsStore(files_in(bucket)).read().ledger_totals
    bucket.close()
    return sum(tally.settled.values()) + tally.aborted


def main() -> None:
    """Build the bucket unless there is one, and print how many objects its ledger has."""
    path, records = Path(sys.argv[1]), int(sys.argv[2])
    if not path.exists():
        path.with_suffix(".begun").unlink(missing_ok=True)
        build(path.with_suffix(".begun"), records)
        path.with_suffix(".begun").rename(path)
    print(objects_in(path))


if __name__ == "__main__":
    main()
