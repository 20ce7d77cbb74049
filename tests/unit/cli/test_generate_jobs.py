"""Records made by several processes: the bytes of one, in bounded memory, and nothing left however it ends."""

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simcrm.generation.row_generator import RowGenerator
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm_cli.main import run
from simcrm_cli.offline_generator import OfflineOptions, build_generator
from simcrm_cli.parallel_generation import CHUNKS_AHEAD, MIN_PAIRS_PER_PROCESS, generate_chunks
from simcrm_cli.record_writers import FileFormat, FileLayout

PROGRAM = [sys.executable, "-m", "simcrm_cli.main", "generate"]
PRECIOUS = "precious\n"
MANY = "200000"
PACK = {"name": "b2b-bees", "kind": "B2B", "description": "Software for beekeepers", "mix": {"b2b-software": 1}}
Made = Callable[..., bytes]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """The bytes of a file that is generated with some options."""

    def make(*options: str) -> bytes:
        out = tmp_path / "made"
        assert run(["generate", *options, "--seed", "7", "--out", str(out)]) == 0
        return out.read_bytes()

    return make


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old.jsonl"
    file.write_text(PRECIOUS)
    return file


def build_small_generator(pairs: int) -> RowGenerator:
    as_of = datetime(2026, 10, 1, tzinfo=UTC)
    return build_generator(OfflineOptions(pairs=pairs, seed="7", scenario="B2B", as_of=as_of, activities=False))


def children(parent: int) -> set[int]:
    """The processes whose parent is this one."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                found.add(int(status.parent.name))
    return found


def wait_until(reached: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while not (found := reached()):
        assert time.monotonic() < deadline, "it has not come so far in a minute"
        time.sleep(0.02)
    return found


def is_gone(process: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True


Started = tuple["subprocess.Popen[bytes]", set[int]]


@pytest.fixture
def started(old: Path) -> Iterator[Started]:
    """A command that generates with two processes, in a session of its own."""
    command = [*PROGRAM, "--pairs", MANY, "--jobs", "2", "--out", str(old)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as running:
        workers = wait_until(lambda: found if len(found := children(running.pid)) == 2 else None)
        wait_until(lambda: any(path.stat().st_size for path in old.parent.glob(".simcrm-*")))
        yield running, workers
        running.kill()


def assert_nothing_left(old: Path, workers: set[int]) -> None:
    assert old.read_text() == PRECIOUS
    assert [path.name for path in old.parent.iterdir()] == [old.name]
    assert [worker for worker in workers if not is_gone(worker)] == []


@pytest.mark.parametrize(
    "options",
    [
        ["--pairs", "533", "--activities"],
        ["--pairs", "1001", "--format", "csv", "--bom", "--locale", "de_DE=0.5", "--locale", "ja_JP=0.2"],
        ["--pairs", "501", "--activities", "--format", "csv", "--contacts-per-company", "3", "--scenario", "B2C"],
    ],
    ids=["activities", "locales in csv", "shared companies"],
)
@pytest.mark.parametrize("jobs", ["2", "3"])
def test_several_processes_make_the_bytes_of_one(made: Made, options: list[str], jobs: str) -> None:
    alone = made(*options, "--jobs", "1")

    assert made(*options, "--jobs", jobs) == alone
    assert made(*options) == alone


def test_processes_know_the_packs_of_the_command(made: Made, tmp_path: Path) -> None:
    pack = tmp_path / "bees.json"
    pack.write_text(json.dumps(PACK))
    options = ["--pairs", "601", "--scenario", "b2b-bees", "--pack", str(pack)]

    assert made(*options, "--jobs", "2") == made(*options, "--jobs", "1")


def test_new_interpreters_make_the_same_bytes_as_forks(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIN_PAIRS_PER_PROCESS, "spawn", 500)
    alone, done = made("--pairs", "701", "--jobs", "1"), threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert made("--pairs", "701", "--jobs", "2") == alone
    finally:
        done.set()
        other.join()


@pytest.mark.parametrize(("pairs", "processes"), [(499, 0), (500, 3), (250_000, 3)])
def test_few_records_start_no_process(pairs: int, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that other tests leave behind make processes start as new interpreters, so both methods begin alike."""
    monkeypatch.setitem(MIN_PAIRS_PER_PROCESS, "spawn", MIN_PAIRS_PER_PROCESS["fork"])
    generator = build_small_generator(pairs)

    with generate_chunks(generator, FileLayout.for_generator(FileFormat.JSONL, generator), jobs=3) as made:
        next(made)
        working = len(multiprocessing.active_children())

    assert (working, multiprocessing.active_children()) == (processes, [])


def test_processes_work_a_few_chunks_ahead_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    generator, planned = build_small_generator(250_000), list[Batch]()

    plan_batches = AccountHistories.batches

    def planning(*known: Any) -> Iterator[Batch]:
        for batch in plan_batches(*known):
            planned.append(batch)
            yield batch

    monkeypatch.setattr(AccountHistories, "batches", planning)
    with generate_chunks(generator, FileLayout.for_generator(FileFormat.JSONL, generator), jobs=2) as made:
        for _ in range(5):
            next(made)

    assert len(planned) <= 2 * CHUNKS_AHEAD + 5


def test_cores_are_those_that_the_process_may_use() -> None:
    command = [sys.executable, "-c", "from simcrm_cli.parallel_generation import usable_cores; print(usable_cores())"]
    core = min(os.sched_getaffinity(0))

    pinned = subprocess.run(
        command, preexec_fn=lambda: os.sched_setaffinity(0, {core}), capture_output=True, text=True, check=True
    )

    assert pinned.stdout == "1\n"


def test_a_process_that_is_killed_ends_the_command_in_one_line(started: Started, old: Path) -> None:
    running, workers = started

    os.kill(min(workers), signal.SIGKILL)
    _, said = running.communicate()

    assert running.returncode == 1
    assert said == b"A generator process was killed: free some memory, or use --jobs 1.\n"
    assert_nothing_left(old, workers)


def leaves_to_its_parent(worker: int) -> set[signal.Signals]:
    """The signals of a terminal that a process does not take."""
    status = Path(f"/proc/{worker}/status").read_text()
    blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
    return {number for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM) if blocked & 1 << number - 1}


def test_ctrl_c_reaches_all_processes_and_is_told_once(started: Started, old: Path) -> None:
    running, workers = started
    # An idle process would say so too, and whether one is idle is a matter of luck.
    assert [leaves_to_its_parent(worker) for worker in workers] == 2 * [{signal.SIGINT, signal.SIGHUP}]

    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate()

    assert (running.returncode, said.count(b"\n")) == (130, 1)
    assert_nothing_left(old, workers)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_command_that_is_stopped_stops_its_processes(
    started: Started, old: Path, number: signal.Signals, code: int
) -> None:
    running, workers = started

    running.send_signal(number)
    running.communicate()

    assert running.returncode == code
    assert_nothing_left(old, workers)


def test_processes_end_with_a_command_that_is_killed(started: Started) -> None:
    running, workers = started

    running.kill()
    running.wait()

    wait_until(lambda: all(map(is_gone, workers)))


def test_a_disk_that_gets_full_stops_all_processes(old: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    command = [*PROGRAM, "--pairs", MANY, "--jobs", "2", "--out", str(old)]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (1, b"System error: [Errno 27] File too large.\n")
    assert_nothing_left(old, set())


def test_a_reader_that_has_seen_enough_stops_all_processes() -> None:
    command = [*PROGRAM, "--pairs", MANY, "--jobs", "2", "--out", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        workers = children(running.pid)
        running.stdout.close()
        said = running.stderr.read()

    assert (running.returncode, said, len(workers)) == (1, b"", 2)
    assert [worker for worker in workers if not is_gone(worker)] == []
