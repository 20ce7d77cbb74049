"""All records of a generator as text, in order: made by as many processes as asked for, with the same bytes as by one.

A chunk is the records of one batch. Processes work a bounded number of chunks ahead of the reader, so memory does not
grow with the number of records.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from simcrm.generation.batch_generator import BatchGenerator
from simcrm.planning.batches import BATCH_SIZE, Batch, plan_batches
from simcrm.planning.plan_document import SimulationPlan
from simcrm_cli.errors import WorkerCrashedError
from simcrm_cli.offline_generator import ACTIVITY_TYPES, Record, generate_records
from simcrm_cli.record_writers import FileLayout

MIN_PAIRS_PER_PROCESS = {"fork": 500, "spawn": 5_000}
"""Pairs from which on further processes save more time than their start takes, by how they are started: a fork has
all modules at once (some 20 ms), a new interpreter imports them (over half a second)."""

CHUNKS_AHEAD = 4
"""A process has this many chunks under way or waiting to be written."""

_TERMINAL_SIGNALS = {signal.SIGINT, signal.SIGHUP}
"""Signals that a terminal sends to all processes of a command: the first process alone ends the work."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The text of some records, how many they are, and how many objects of each type are in them."""

    text: str
    records: int
    counts: Mapping[str, int]


def usable_cores() -> int:
    """Cores that this process may use."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def generate_chunks(
    generator: BatchGenerator, layout: FileLayout, *, jobs: int, packs: tuple[str, ...] = ()
) -> Iterator[Iterator[Chunk]]:
    """The chunks of a generator that was made with these packs; at the end of the block no process is left.

    Few records are made by this process alone, whatever ``jobs`` says.

    Raises:
        WorkerDiedError: a process ended before its work was done.
    """
    batches = plan_batches(generator.plan.arrivals, generator.plan.pace)
    method = _start_method()
    processes = _process_count(generator.plan.arrivals.count, jobs, method)
    if processes == 1:
        yield (_chunk(generator, layout, batch) for batch in batches)
        return
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context(method),
        initializer=_prepare_worker,
        initargs=(generator.plan, packs, layout),
    )
    try:
        yield _in_order(pool, batches, CHUNKS_AHEAD * processes)
    except BrokenProcessPool:
        raise WorkerCrashedError from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start_method() -> str:
    """A fork where that is safe: on Linux, while nothing else runs in this process."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _process_count(pairs: int, jobs: int, method: str) -> int:
    return 1 if pairs < MIN_PAIRS_PER_PROCESS[method] else min(jobs, -(-pairs // BATCH_SIZE))


def _in_order(pool: ProcessPoolExecutor, batches: Iterable[Batch], ahead: int) -> Iterator[Chunk]:
    waiting: deque[Future[Chunk]] = deque()
    for batch in batches:
        waiting.append(_submit(pool, batch))
        if len(waiting) == ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _submit(pool: ProcessPoolExecutor, batch: Batch) -> "Future[Chunk]":
    """Processes start here, and have the signals blocked that are blocked now."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL_SIGNALS)
    try:
        return pool.submit(_generate_chunk, batch)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _chunk(generator: BatchGenerator, layout: FileLayout, batch: Batch) -> Chunk:
    records = list(generate_records(generator, batch))
    return Chunk(layout.text(records), len(records), _count_objects(records))


def _count_objects(records: Iterable[Record]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in records:
        counts.update({"contacts": 1, "companies": 1, **{name: len(record[name]) for name in ACTIVITY_TYPES}})
    return dict(counts)


# ---- in the processes

_worker_state: tuple[BatchGenerator, FileLayout]


def _prepare_worker(plan: SimulationPlan, packs: tuple[str, ...], layout: FileLayout) -> None:
    global _worker_state  # noqa: PLW0603 - a pool hands nothing else from its initializer to its calls
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker_state = BatchGenerator.from_plan(plan, packs), layout


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _generate_chunk(batch: Batch) -> Chunk:
    generator, layout = _worker_state
    return _chunk(generator, layout, batch)
