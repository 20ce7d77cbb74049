"""Processes of the stack are real here: small Python programs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from simcrm_embedded import processes
from simcrm_embedded.errors import ProcessCrashedError
from simcrm_embedded.processes import ManagedProcess

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
PARENT = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "{SLEEP}"]).pid, flush=True)
time.sleep(60)
"""
LATE_PARENT = f"""
import signal, subprocess, sys, time
def leave(*_):
    time.sleep(0.2)
    print(subprocess.Popen([sys.executable, "-c", "{SLEEP}"]).pid, flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(60)
"""
Run = Callable[[str], ManagedProcess]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started: list[ManagedProcess] = []

    def start(program: str) -> ManagedProcess:
        process = processes.start(
            "Sleeper",
            [sys.executable, "-c", program],
            env=dict(os.environ),
            mark="mark-1",
            log=tmp_path / f"{len(started)}.log",
            folder=tmp_path,
        )
        started.append(process)
        return process

    yield start
    processes.end(started, grace=2)


def wait_for_output(process: ManagedProcess) -> str:
    deadline = time.monotonic() + 60
    while not (text := process.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return text.strip()


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_dead(pid: int) -> None:
    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


def test_a_started_process_runs_in_a_session_of_its_own(run: Run) -> None:
    process = run(SLEEP)

    assert processes.is_running(process)
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_output_and_errors_of_a_process_go_to_its_log(run: Run) -> None:
    process = run("import sys; print('out', flush=True); print('err', file=sys.stderr)")

    wait_until_dead(process.pid)

    assert process.log.read_text().split() == ["out", "err"]


def test_ending_a_process_ends_its_children_too(run: Run) -> None:
    parent = run(PARENT)
    child = int(wait_for_output(parent))

    processes.end([parent])

    assert not processes.is_running(parent)
    assert not is_alive(child)


def test_a_process_that_ignores_the_polite_signal_is_killed_after_the_grace(run: Run) -> None:
    deaf = run(DEAF)
    wait_for_output(deaf)

    processes.end([deaf], grace=0.2)

    assert not is_alive(deaf.pid)


def test_what_a_process_starts_while_it_is_being_ended_is_ended_too(run: Run) -> None:
    parent = run(LATE_PARENT)
    assert wait_for_output(parent) == "ready"

    processes.end([parent])

    children = [int(line) for line in parent.log.read_text().split()[1:]]
    assert len(children) == 1
    assert not is_alive(children[0])


def test_children_are_ended_even_when_their_parent_was_killed_before(run: Run) -> None:
    parent = run(PARENT)
    child = int(wait_for_output(parent))
    os.kill(parent.pid, signal.SIGKILL)
    wait_until_dead(parent.pid)

    processes.end([parent])

    assert not is_alive(child)


def test_children_of_a_dead_parent_are_left_alone_when_they_carry_another_mark(run: Run) -> None:
    parent = run(PARENT)
    child = int(wait_for_output(parent))
    os.kill(parent.pid, signal.SIGKILL)
    wait_until_dead(parent.pid)

    processes.end([replace(parent, mark="mark-2")])

    assert is_alive(child)
    os.kill(child, signal.SIGKILL)


def test_what_nobody_has_noted_is_ended_by_its_mark(run: Run, tmp_path: Path) -> None:
    noted, mark = run(SLEEP), f"mark-{os.getpid()}"
    lost = processes.start(
        "Lost",
        [sys.executable, "-c", SLEEP],
        env=dict(os.environ),
        mark=mark,
        log=tmp_path / "lost.log",
        folder=tmp_path,
    )

    processes.end([], mark=mark)

    assert (processes.is_running(lost), processes.is_running(noted)) == (False, True)


def test_a_process_that_has_the_id_but_another_start_time_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as stranger:
        recycled = ManagedProcess("Redis", stranger.pid, time.time() - 3_600, "mark-1", tmp_path / "redis.log")

        processes.end([recycled])

        assert not processes.is_running(recycled)
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_is_known_again_by_a_command_that_did_not_start_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as stranger:
        started = psutil.Process(stranger.pid).create_time()
        known = ManagedProcess("Redis", stranger.pid, started, "mark-1", tmp_path / "redis.log")

        assert processes.is_running(known)
        processes.end([known])

        assert stranger.wait(5) == -signal.SIGTERM


def test_ending_what_has_ended_is_no_error(run: Run) -> None:
    process = run("pass")
    wait_until_dead(process.pid)

    processes.end([process])
    processes.end([process])

    assert not processes.is_running(process)


def test_a_process_that_dies_while_it_is_waited_for_is_reported_with_its_reason(run: Run) -> None:
    process = run("import sys; sys.exit('Address already in use')")
    wait_until_dead(process.pid)

    with pytest.raises(ProcessCrashedError, match=r"Sleeper ended by itself \(Address already in use\): see .*0\.log"):
        processes.require_running(process)


def test_the_exit_code_is_there_once_the_process_has_ended(run: Run) -> None:
    process = run("raise SystemExit(7)")
    wait_until_dead(process.pid)

    assert processes.exit_code(process) == 7
    assert processes.exit_code(run(SLEEP)) is None
