"""What becomes of a stack that is there when somebody wants another one, and what its processes show of it."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from unit.embedded.stacks import OWN_PORTAL, Up, project, reports, running, serves, tell, up

from simcrm_embedded import running_stack, services, stack
from simcrm_embedded.errors import StackInUseError
from simcrm_embedded.polling import Interruption
from simcrm_embedded.ports import guess_free
from simcrm_embedded.project import Project
from simcrm_embedded.services import RequestedPorts
from simcrm_embedded.stack import UpResult
from simcrm_embedded.state import load

__all__ = ["project", "reports", "up"]


def test_no_process_shows_a_key_to_the_machine_and_no_file_to_other_users(project: Project) -> None:
    env = {"PATH": os.environ["PATH"], "SIMCRM_AI": "stand-in"}
    state = stack.up(project, Interruption(), report=print, env=env).state

    keys = [state.hubspot_token, state.model_key, state.control_secret, state.aws_token, state.redis_url]
    assert all(keys)
    assert len(running(project)) == 4
    assert [key for key in keys for command in running(project) if key in command] == []
    files = [
        path for folder in (project.logs, project.scratch, project.state_file) for path in (folder, *folder.rglob("*"))
    ]
    assert [path for path in (project.home, *files) if path.stat().st_mode & 0o077] == []


def test_a_folder_of_the_user_that_holds_the_state_keeps_its_permissions(project: Project, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)

    stack.up(Project(project.root, shared), Interruption(), report=print, env=OWN_PORTAL)
    try:
        assert shared.stat().st_mode & 0o777 == 0o755
        assert [path for path in shared.iterdir() if path.is_dir() and path.stat().st_mode & 0o077] == []
    finally:
        stack.down(Project(project.root, shared), Interruption())


def change_sources(project: Project) -> None:
    (project.root / "functions" / "api.py").write_text("changed", encoding="utf-8")


def make_silent(project: Project) -> None:
    tell(project, "unhealthy")


def change_level(_: Project) -> None:
    """The environment of the next command says it."""


MISFITS = [
    (change_sources, "has other sources"),
    (change_level, "has other settings or ports"),
    (make_silent, "does not answer, though its processes run"),
]
RUNNING = {"sim-1": "RUNNING", "sim-2": "RUNNING", "sim-0": "SUCCEEDED"}
ENDED = {"sim-1": "SUCCEEDED", "sim-2": "FAILED"}
HELD = {r"2 executions run on it \(sim-1, sim-2\)": RUNNING, "it holds 2 simulations or jobs": ENDED}


@pytest.mark.parametrize(("happen", "why"), MISFITS, ids=["sources", "level", "silent"])
@pytest.mark.parametrize("use", HELD)
def test_a_stack_that_holds_something_is_not_replaced_unasked(
    project: Project, up: Up, happen: Callable[[Project], None], why: str, use: str
) -> None:
    first = up()
    tell(project, "executions.json", json.dumps(HELD[use]))
    happen(project)
    env = OWN_PORTAL | ({"SIMCRM_LOG_LEVEL": "DEBUG"} if happen is change_level else {})

    with pytest.raises(StackInUseError, match=f"The stack that runs here {why}, and {use}.*--replace"):
        up(env=env)

    assert load(project.state_file) == first.state
    assert len(running(project)) == 2


def test_a_stack_in_use_is_replaced_by_who_says_so(project: Project, up: Up, reports: list[str]) -> None:
    first = up()
    tell(project, "executions.json", json.dumps({"sim-1": "RUNNING"}))
    change_sources(project)

    second = stack.up(project, Interruption(), report=reports.append, env=OWN_PORTAL, replace=True)

    assert "Ending the stack that runs here, because it has other sources" in reports
    assert second.state.mark != first.state.mark
    assert len(running(project)) == 2


def test_a_stack_that_cannot_be_asked_what_it_holds_is_not_replaced(project: Project, up: Up) -> None:
    first = up()
    tell(project, "executions.json", "no JSON")
    change_sources(project)

    with pytest.raises(StackInUseError, match="what runs on it cannot be asked"):
        up()

    assert load(project.state_file) == first.state


def test_one_slow_answer_ends_no_stack(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    first = up()
    answers = iter([False, False, True])
    monkeypatch.setattr(running_stack, "is_healthy", lambda _: next(answers))

    assert up() == UpResult(first.state, already_running=True)


def test_a_stack_of_a_version_that_let_in_everybody_is_not_used_again(project: Project, up: Up) -> None:
    old = up().state
    document = json.loads(project.state_file.read_text(encoding="utf-8"))
    document["aws_token"] = document["control_secret"] = ""
    project.state_file.write_text(json.dumps(document), encoding="utf-8")

    assert up().state.mark != old.mark


def test_the_ports_that_were_asked_for_are_taken(up: Up) -> None:
    aws, redis, hubspot = (guess_free() for _ in range(3))

    state = up(ports=RequestedPorts(aws, redis, hubspot), env={"PATH": os.environ["PATH"]}).state

    assert [urlsplit(url).port for url in (state.endpoint, state.redis_url, state.hubspot_url)] == [aws, redis, hubspot]


def test_redis_takes_another_port_where_somebody_was_quicker(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        taken = quicker.getsockname()[1]
        ports = iter([taken, taken, guess_free()])
        monkeypatch.setattr(services, "guess_free", lambda: next(ports))

        state = up().state

    assert urlsplit(state.redis_url).port not in {None, taken}
    assert [process.name for process in state.processes] == ["MiniStack", "Redis"]
    assert serves(state)
