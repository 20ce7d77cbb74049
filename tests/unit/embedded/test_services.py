import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simcrm_embedded import processes, services
from simcrm_embedded.errors import NotReadyError, ProcessCrashedError
from simcrm_embedded.project import Project
from simcrm_embedded.services import RequestedPorts, Service, ServiceStarter, read_url
from simcrm_embedded.state import StackState, load

ServiceOf = Callable[[str, Callable[[], bool]], Service]
SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def service_of(tmp_path: Path) -> Iterator[ServiceOf]:
    started = []

    def make(program: str, is_ready: Callable[[], bool]) -> Service:
        command = [sys.executable, "-c", program]
        log = tmp_path / "service.log"
        process = processes.start("Redis", command, env=dict(os.environ), mark="m", log=log, folder=tmp_path)
        started.append(process)
        return Service(process, is_ready)

    yield make
    processes.end(started)


def test_a_service_is_waited_for_until_it_answers(service_of: ServiceOf) -> None:
    answers = iter([False, False, True])

    service_of(SLEEP, lambda: next(answers)).wait_until_ready(time.sleep)

    assert next(answers, None) is None


def test_a_service_that_dies_is_not_waited_for_any_longer(service_of: ServiceOf) -> None:
    with pytest.raises(ProcessCrashedError, match=r"Redis ended by itself \(no memory\)"):
        service_of("raise SystemExit('no memory')", lambda: False).wait_until_ready(time.sleep)


def test_a_service_that_never_answers_is_given_up(service_of: ServiceOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "READY_TIMEOUT", 0)

    with pytest.raises(NotReadyError, match=r"Redis was not ready after 0 s: see .*service\.log"):
        service_of(SLEEP, lambda: False).wait_until_ready(time.sleep)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(root=tmp_path, home=tmp_path / ".simcrm")
    project.scratch.mkdir(parents=True)
    return project


def test_a_started_process_is_written_down_before_anything_else_happens(project: Project) -> None:
    state = StackState(mark="m")
    starter = ServiceStarter(project, state, RequestedPorts(), {"PATH": os.environ["PATH"]})

    service = starter.start_redis()

    try:
        assert service is not None
        assert load(project.state_file) == state
        assert [process.pid for process in state.processes] == [service.process.pid]
    finally:
        processes.end(state.processes)


def test_the_local_portal_is_ready_once_its_address_is_known(project: Project) -> None:
    state = StackState(mark="m")
    service = ServiceStarter(project, state, RequestedPorts(), {"PATH": os.environ["PATH"]}).start_portal()
    try:
        assert service is not None
        assert state.hubspot_url == ""

        service.wait_until_ready(time.sleep)

        assert state.hubspot_url.startswith("http://127.0.0.1:")
        assert state.hubspot_token.startswith("pat-na1-")
    finally:
        processes.end(state.processes)


@pytest.mark.parametrize(
    ("log", "url"),
    [
        ('{"url": "http://127.0.0.1:8080"}\n', "http://127.0.0.1:8080"),
        ('loading\n[1]\n{"a": 1}\n{"url": "http://127.0.0.1:8080"}\nlater\n', "http://127.0.0.1:8080"),
        ('{"url": "http://127.0', None),
        ("", None),
    ],
    ids=["at once", "after other lines", "half a line", "nothing yet"],
)
def test_the_url_is_read_from_what_a_server_printed(tmp_path: Path, log: str, url: str | None) -> None:
    path = tmp_path / "server.log"
    path.write_text(log, encoding="utf-8")

    assert read_url(path) == url
