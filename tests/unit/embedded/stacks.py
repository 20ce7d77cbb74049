"""Stacks of real processes: a small server as emulator, a small program as SAM CLI, a real Redis."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest
from unit.embedded.fake_project import make_project

from simcrm_embedded import stack
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project
from simcrm_embedded.running_stack import StackCondition, check_condition
from simcrm_embedded.services import RequestedPorts
from simcrm_embedded.stack import UpResult
from simcrm_embedded.state import StackState

OWN_PORTAL = {"PATH": os.environ["PATH"], "SIMCRM_HUBSPOT_TOKEN": "pat-of-the-user"}
Up = Callable[..., UpResult]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = make_project(tmp_path)
    yield made
    stack.down(made, Interruption())


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def up(project: Project, reports: list[str]) -> Up:
    def start(ports: RequestedPorts = stack.NO_PORTS, env: Mapping[str, str] = OWN_PORTAL) -> UpResult:
        return stack.up(project, Interruption(), report=reports.append, ports=ports, env=env)

    return start


def tell(project: Project, what: str, text: str = "") -> None:
    (project.home / what).write_text(text, encoding="utf-8")


def read_settings(project: Project, name: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((project.home / name).read_text(encoding="utf-8"))
    return document


def steps(project: Project) -> list[str]:
    return (project.home / "steps.txt").read_text(encoding="utf-8").split()


def running(project: Project) -> list[str]:
    """Command lines of all living processes that were started for this project."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(project.root) in process.cwd() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def serves(state: StackState | None) -> bool:
    """Whether every process of the stack is running and its API responds."""
    return state is not None and check_condition(state, time.sleep) is StackCondition.ANSWERS


def find_pid(result: UpResult, name: str) -> int:
    return next(process.pid for process in result.state.processes if process.name == name)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)
