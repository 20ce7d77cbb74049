"""Test runs in forked processes, some at a time: what takes long to import is imported once, before the fork."""

import gc
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Generic, NamedTuple, NoReturn, TypeVar

HEAVY = ("anthropic", "boto3", "httpx2", "moto.s3.models", "pydantic", "redis.cluster", "starlette.applications")
"""What most tests import of others; no plugin of pytest, which wants to import those itself."""

POLL_SECONDS = 0.02
TIMED_OUT = -1
CRASHED = 99
OUTPUT = "output.txt"
Job = TypeVar("Job")


@dataclass
class Run(Generic[Job]):
    """A run that is going on.

    Attributes:
        job: What the run is for.
        copy: The copy of the domain's packages that it imports.
        changed: The file of the copy that is changed for this run.
        deadline: When it is ended, by the monotonic clock.
    """

    job: Job
    copy: Path
    changed: str | None
    deadline: float


class Ended(NamedTuple, Generic[Job]):
    """A run that has ended.

    Attributes:
        job: What the run was for.
        code: Its exit code; ``TIMED_OUT`` if it took too long.
        output: What it printed.
    """

    job: Job
    code: int
    output: str


class ForkedRuns(Generic[Job]):
    """Runs over copies of the domain's packages, one copy for each of the runs that go on at the same time.

    Args:
        domain: The folder of the domain's packages; it is copied and never changed.
        folder: Where the copies are made.
        parallel: How many runs go on at the same time.
    """

    def __init__(self, domain: Path, folder: Path, parallel: int) -> None:
        self._domain = domain
        self._free = [folder / str(number) / domain.name for number in range(parallel)]
        self._running: dict[int, Run[Job]] = {}
        self._modified = int(time.time())
        for copy in self._free:
            shutil.copytree(domain, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for name in HEAVY:
            import_module(name)
        gc.freeze()  # no run looks for garbage among what was imported before

    @property
    def has_room(self) -> bool:
        """Whether another run can begin."""
        return bool(self._free)

    @property
    def is_idle(self) -> bool:
        """Whether no run is going on."""
        return not self._running

    def start(self, job: Job, action: Callable[[Path], int], seconds: float, change: tuple[str, str] | None) -> None:
        """Begin a run.

        Args:
            job: What ``wait`` returns with the result.
            action: Is called in the new process with the folder of its copy and returns the exit code.
            seconds: How long it may take.
            change: Path and new contents of a file of the copy, for this run alone.
        """
        copy = self._free.pop()
        if change is not None:
            self._write(copy / change[0], change[1])
        pid = os.fork()
        if pid == 0:
            _run_in_child(action, copy)
        self._running[pid] = Run(job, copy, change and change[0], time.monotonic() + seconds)

    def wait(self) -> Ended[Job]:
        """Wait until a run ends or its time is over."""
        while True:
            for pid, run in self._running.items():
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended or time.monotonic() > run.deadline:
                    self._finish(pid, run, is_alive=not ended)
                    code = os.waitstatus_to_exitcode(status) if ended else TIMED_OUT
                    return Ended(run.job, code, (run.copy.parent / OUTPUT).read_text(errors="replace"))
            time.sleep(POLL_SECONDS)

    def _write(self, path: Path, text: str) -> None:
        """Give each content a second of its own, by which Python tells it from compiled code of the same size."""
        path.write_text(text, encoding="utf-8")
        self._modified += 1
        os.utime(path, (self._modified, self._modified))

    def _finish(self, pid: int, run: Run[Job], *, is_alive: bool) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # the servers of its tests too
        if is_alive:
            os.waitpid(pid, 0)
        if run.changed is not None:
            self._write(run.copy / run.changed, (self._domain / run.changed).read_text(encoding="utf-8"))
        del self._running[pid]
        self._free.append(run.copy)


def _run_in_child(action: Callable[[Path], int], copy: Path) -> NoReturn:
    code = CRASHED
    try:
        os.setsid()
        _write_output_to(copy.parent / OUTPUT)
        os.environ["PYTHONPATH"] = str(copy.parent)
        sys.path.insert(0, str(copy.parent))
        code = action(copy)
    except BaseException:  # noqa: BLE001 - nothing of the parent may go on in this process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _write_output_to(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, sys.stdout.fileno())
    os.dup2(descriptor, sys.stderr.fileno())
