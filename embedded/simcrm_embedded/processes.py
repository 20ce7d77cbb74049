"""Child processes that outlive this command, and ending exactly those later.

Each leads its own session, so that Ctrl-C does not reach it and its own children end with it. A process is identified
by id and start time: an id that the system has reused for another program is left alone.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from simcrm_embedded.errors import ProcessCrashedError
from simcrm_embedded.log_errors import last_error_in_log
from simcrm_embedded.polling import POLL_SECONDS
from simcrm_embedded.private_files import make_private, open_private

GRACE_SECONDS = 2.0
START_TIME_TOLERANCE = 2.0
MARK = "SIMCRM_STACK"
_started_here: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class ManagedProcess:
    """A process and how to identify it; ``started`` is in seconds since the epoch."""

    name: str
    pid: int
    started: float
    mark: str
    log: Path


def start(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    mark: str,
    log: Path,
    folder: Path,
    standard_input: bytes = b"",
) -> ManagedProcess:
    """Start a process in its own session, with ``folder`` as working directory and its output in ``log``.

    ``standard_input`` is for a few lines that should not be visible to the whole machine as arguments.
    Only the user can read the files that it writes.

    Raises:
        OSError: the program cannot be run.
    """
    make_private(log.parent)
    with open_private(log) as output:
        child = subprocess.Popen(  # noqa: S603 - the commands are the stack's own, and there is no shell
            command,
            stdin=subprocess.PIPE if standard_input else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**env, MARK: mark},
            cwd=folder,
            start_new_session=True,
            umask=0o077,
        )
    if child.stdin is not None:
        with suppress(BrokenPipeError), child.stdin:  # a process that has already ended is detected later
            child.stdin.write(standard_input)
    _started_here[child.pid] = child
    return ManagedProcess(name, child.pid, _start_time(child.pid), mark, log)


def is_running(process: ManagedProcess) -> bool:
    """Whether this same process is still running."""
    if (child := _started_here.get(process.pid)) is not None and child.poll() is not None:
        return False
    try:
        running = psutil.Process(process.pid)
        return abs(running.create_time() - process.started) < START_TIME_TOLERANCE and _is_alive(running)
    except psutil.Error:
        return False


def exit_code(process: ManagedProcess) -> int | None:
    """Return the exit code of a child of this command, or None while it runs."""
    return _started_here[process.pid].poll()


def require_running(process: ManagedProcess) -> None:
    """Check on a process while waiting for it.

    Raises:
        ProcessCrashedError: it has ended; the message quotes the reason from its log.
    """
    if not is_running(process):
        raise ProcessCrashedError(process.name, last_error_in_log(process.log), process.log)


def end(processes: Sequence[ManagedProcess], grace: float = GRACE_SECONDS, mark: str | None = None) -> None:
    """End processes with all their descendants, gracefully at first; those that have already ended are no error.

    A process that is being ended may still start others, so its session is scanned until it is empty. With a ``mark``,
    every process that was started with it ends too: a command that was killed may have started one without saving it.
    """
    sessions = {process.pid: process for process in processes}
    alive = {pid for pid, process in sessions.items() if is_running(process)}
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + grace
        signalled: set[int] = set()
        # Scan twice, because a child may be started after the first scan has passed it while its parent ends before it.
        while (
            members := _session_processes(sessions, alive, mark) or _session_processes(sessions, alive, mark)
        ) and time.monotonic() < deadline:
            _signal_all((member for member in members if member.pid not in signalled), number)
            signalled.update(member.pid for member in members)
            time.sleep(POLL_SECONDS)
    for process in processes:
        _reap(process)


def _start_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:  # it ended immediately, which the next check will report
        return time.time()


def _session_processes(
    sessions: Mapping[int, ManagedProcess], alive: set[int], mark: str | None
) -> list[psutil.Process]:
    """Return all living processes of these sessions, and those with the mark.

    A session is certainly ours if its leader, in ``alive``, was running when the ending began; otherwise its members
    must have the mark.
    """
    return [process for process in psutil.process_iter() if _belongs(process, sessions, alive, mark)]


def _belongs(
    process: psutil.Process, sessions: Mapping[int, ManagedProcess], alive: set[int], mark: str | None
) -> bool:
    try:
        session = os.getsid(process.pid)
        if (session not in sessions and mark is None) or not _is_alive(process):
            return False
        if session in alive:
            return True
        return process.environ().get(MARK) in ({mark} if session not in sessions else {sessions[session].mark})
    except (psutil.Error, OSError):
        return False


def _signal_all(members: Iterable[psutil.Process], number: signal.Signals) -> None:
    for member in members:
        with suppress(psutil.Error):
            member.send_signal(number)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _reap(process: ManagedProcess) -> None:
    child = _started_here.pop(process.pid, None)
    if child is not None:
        with suppress(subprocess.TimeoutExpired):  # a multi-threaded process may look ended before its last thread is
            child.wait(GRACE_SECONDS)
