"""What reads the ledger of a large run, each as it is called in the functions, in a process of its own.

``python bench/million_consumers.py NAME FILE RECORDS [--cache SOCKET]`` prints a row: ``seconds`` of one core, the
median of as many rounds as fill ``ROUND_SECONDS``; ``peakMb``, the most memory of the process with all that it
imports, ``importsMb`` of which were there before; ``requests`` of one round by operation.
"""

import argparse
import json
import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import redis
from million_bucket import SqliteBucket, open_bucket
from million_ledger import HALF, NOW, PREFIX, batch_count, document, files_in, planned
from million_services import MACHINE, MAINTENANCE, ArchivingPortal, OneExecution

from simcrm.cache.run_counters import RunCounters
from simcrm.jobs.clean_up import CleanupJob
from simcrm.jobs.finish_simulation import finish_simulation
from simcrm.jobs.ledger_totals import count_ledger, reconcile_totals
from simcrm.jobs.settle_abort import AbortSettlement
from simcrm.models.crm_objects import ObjectType
from simcrm.operations.executions import Executions
from simcrm.operations.export_records import export_page, to_jsonl
from simcrm.operations.run_actions import RunActions
from simcrm.operations.simulations import Simulations
from simcrm.storage import file_names
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.batch_document import BatchDocument
from simcrm.storage.run_status import RunState, read_status, write_status
from simcrm.storage.simulation_files import SimulationFiles

MB = 1024
ROUND_SECONDS = 2.0
FEWEST, MOST = 3, 40
"""Rounds, fewer where they take longer than ``LONG_SECONDS`` together."""

LONG_SECONDS = 10.0

CALLS_PER_SLICE = 8_400
"""Calls to the portal in a function's fourteen minutes, at ten a second."""

ONE_MERGED = 20

LATER = NOW + timedelta(hours=5)
NAMES_OF_A_BATCH: tuple[Callable[[int], str], ...] = (
    file_names.batch_ledger_prefix,
    file_names.batch_document_file,
    file_names.history_file,
    file_names.records_file,
    file_names.batch_activities_prefix,
)
"""What there is of a batch once it has begun."""


@dataclass(frozen=True)
class Deployment:
    """The run in its bucket, with all that is asked beside it, every request counted in ``requests``."""

    bucket: SqliteBucket
    files: SimulationFiles
    requests: Counter[str]
    records: int
    cache: redis.Redis | None

    def ended(self, state: RunState) -> None:
        """Record that the run is in a state, as if it had just come to it."""
        status = read_status(self.files)
        if status is not None:
            write_status(self.files, status.model_copy(update={"status": state, "planned": self.records}))

    def simulations(self, cache: redis.Redis | None = None) -> Simulations:
        """What answers the API's questions."""
        return self.maintenance(cache).simulations

    def maintenance(self, cache: redis.Redis | None = None) -> RunActions:
        """What takes the API's jobs."""
        given = document(self.records)
        aws: Any = OneExecution(self.requests, given, NOW, "RUNNING")
        found = Simulations(Executions(aws, MACHINE), lambda _: self.files, lambda name: RunCounters(cache, name))
        return RunActions(aws, MAINTENANCE, found)

    def counters(self) -> redis.Redis | None:
        """The cache, with all counters of the run."""
        metrics = RunCounters(self.cache, self.files.simulation_id)
        metrics.restore(*count_ledger(self.files))
        return self.cache


Act = Callable[[], object]


def plan(run: Deployment) -> Act:
    """Plan the run."""
    return lambda: planned(run.files, run.records)


def finish(run: Deployment) -> Act:
    """End the run."""
    metrics = RunCounters(None, run.files.simulation_id)
    return lambda: finish_simulation(run.files, metrics, NOW, LATER, None)


def describe(run: Deployment) -> Act:
    """Show the run while the cache is away."""
    return lambda: run.simulations().describe(run.files.simulation_id)


def describe_with_cache(run: Deployment) -> Act:
    """Show the run."""
    cache = run.counters()
    return lambda: run.simulations(cache).describe(run.files.simulation_id)


def metrics(run: Deployment) -> Act:
    """Show its counters while the cache is away."""
    return lambda: run.simulations().metrics(run.files.simulation_id)


def metrics_with_cache(run: Deployment) -> Act:
    """Show its counters."""
    cache = run.counters()
    return lambda: run.simulations(cache).metrics(run.files.simulation_id)


def abort(run: Deployment) -> Act:
    """Stop the run."""
    maintenance = run.maintenance()
    return lambda: maintenance.abort(run.files, LATER)


def aftermath(run: Deployment) -> Act:
    """Ledger what a run leaves that was aborted when half of its batches had been written."""
    half = batch_count(run.files) // 2
    for name in NAMES_OF_A_BATCH:
        folder = name(half).partition("/")[0]
        run.bucket.delete(PREFIX + name(half), f"{PREFIX}{folder}/:")
    run.bucket.delete(PREFIX + file_names.TOTALS)
    run.bucket.copy(HALF + file_names.TOTALS, PREFIX + file_names.TOTALS)
    write_abort_marker(run.files, AbortMarker(at=NOW))
    job = AbortSettlement(run.files, lambda: False, lambda _: None, 0)
    return lambda: job.run(LATER)


def cleanup_preview(run: Deployment) -> Act:
    """Show what a clean-up would archive."""
    run.ended(RunState.SUCCEEDED)
    maintenance = run.maintenance()
    return lambda: maintenance.cleanup(run.files, LATER, dry_run=True)


def cleanup(run: Deployment) -> Act:
    """Take the run back, slice by slice."""
    return _slices(run, {})


def cleanup_merged(run: Deployment) -> Act:
    """Take back a run of which somebody has merged contacts, one in ``ONE_MERGED`` batches with one far from it."""
    batches = range(0, batch_count(run.files), ONE_MERGED)
    contacts = [_first_contact(run.files, batch) for batch in batches]
    return _slices(run, dict(zip(contacts, reversed(contacts), strict=True)))


def _first_contact(files: SimulationFiles, batch: int) -> str:
    ends = files.read(file_names.batch_document_file(batch), BatchDocument) or BatchDocument()
    return ends.in_portal(files.simulation_id)[ObjectType.CONTACTS][0][0]


def _slices(run: Deployment, merged: Mapping[str, str]) -> Act:
    portal = ArchivingPortal(run.requests, run.files.simulation_id, merged)

    def slices() -> None:
        is_done = False
        while not is_done:
            last = portal.calls + CALLS_PER_SLICE
            job = CleanupJob(portal.client, run.files, lambda last=last: portal.calls >= last, lambda _: None)  # type: ignore[misc]
            is_done = job.run().done

    return slices


def export(run: Deployment) -> Act:
    """Give out all objects, page by page."""

    def pages() -> None:
        token, is_first = None, True
        while is_first or token is not None:
            page = export_page(run.files, token)
            to_jsonl(page.rows)
            token, is_first = page.next_token, False

    return pages


def recount_totals(run: Deployment) -> Act:
    """Count the run for a cache that was lost."""
    return lambda: count_ledger(run.files)


def recount_ledger(run: Deployment) -> Act:
    """Count the run by its ledger files alone: all that was made of them is gone."""
    run.bucket.delete(PREFIX + file_names.BATCH_DOCUMENTS)
    run.bucket.delete(PREFIX + file_names.TOTALS)
    return lambda: reconcile_totals(run.files)


CONSUMERS: dict[str, Callable[[Deployment], Act]] = {
    "plan": plan,
    "finish": finish,
    "describe": describe,
    "describeWithCache": describe_with_cache,
    "metrics": metrics,
    "metricsWithCache": metrics_with_cache,
    "abort": abort,
    "aftermath": aftermath,
    "cleanupPreview": cleanup_preview,
    "cleanup": cleanup,
    "cleanupMerged": cleanup_merged,
    "export": export,
    "recount": recount_totals,
    "recountFromLedger": recount_ledger,
}


def measured(
    name: str, path: Path, records: int, cache: redis.Redis | None = None, rounds: int | None = None
) -> dict[str, Any]:
    """The row of a consumer, over a bucket that it leaves as it was; by default in as many rounds as it takes."""
    bucket = open_bucket(path, scratch=True)
    run = Deployment(bucket, files_in(bucket), bucket.requests, records, cache)
    boto3.client("s3", region_name="us-east-1")  # a function has this much of it in memory
    imported, took = peak_mb(), list[float]()
    while len(took) < rounds if rounds is not None else _goes_on(took):
        bucket.restore()
        act = CONSUMERS[name](run)
        run.requests.clear()
        began = time.process_time()
        act()
        took.append(time.process_time() - began)
    bucket.close()
    return {
        "records": records,
        "seconds": round(median(took), 5),
        "rounds": len(took),
        "peakMb": peak_mb(),
        "importsMb": imported,
        "requests": run.requests.total(),
        "byOperation": dict(sorted(run.requests.items())),
    }


def _goes_on(took: list[float]) -> bool:
    if len(took) < FEWEST:
        return sum(took) < LONG_SECONDS
    return sum(took) < ROUND_SECONDS and len(took) < MOST


def peak_mb() -> int:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB


def main() -> None:
    """Measure one consumer and print its row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=CONSUMERS)
    parser.add_argument("path", type=Path)
    parser.add_argument("records", type=int)
    parser.add_argument("--cache", help="the socket of a Redis")
    wanted = parser.parse_args()
    cache = None if wanted.cache is None else redis.Redis(unix_socket_path=wanted.cache, decode_responses=True)
    print(json.dumps(measured(wanted.name, wanted.path, wanted.records, cache)))


if __name__ == "__main__":
    main()
