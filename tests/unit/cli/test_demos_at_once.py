"""Demos that run at the same time in one checkout: they share a stack, which ends with the last of them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from unit.cli.conftest import Simcrm
from unit.embedded.fake_project import make_project
from unit.embedded.stacks import serves

from simcrm_embedded import stack
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project
from simcrm_embedded.state import load

SIMCRM = str(Path(sys.executable).with_name("simcrm"))
SECONDS = 90.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose simulations run until the file ``outcome`` says otherwise."""
    made = make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("SIMCRM_HUBSPOT_TOKEN", "SIMCRM_REDIS_URL", "ANTHROPIC_API_KEY", "SIMCRM_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    (made.home / "outcome").write_text("RUNNING", encoding="utf-8")
    yield made
    for each in (made, beside(made)):
        stack.down(each, Interruption())


def beside(project: Project) -> Project:
    return Project(project.root, project.home / "demo")


def end_simulations(project: Project) -> None:
    (project.home / "outcome").write_text("SUCCEEDED", encoding="utf-8")


@contextmanager
def demo(project: Project, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo that has started its simulation and follows it."""
    started = project.home / "started.json"
    started.unlink(missing_ok=True)
    command = [SIMCRM, "demo", "--records", "3", "--json", *options]
    with subprocess.Popen(
        command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + SECONDS
        while not started.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield process
        finally:
            process.kill()


def outcome(process: "subprocess.Popen[str]") -> dict[str, object]:
    printed, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    document: dict[str, object] = json.loads(printed)
    return document


def marks(project: Project) -> str | None:
    state = load(project.state_file)
    return None if state is None else state.mark


def stack_processes(project: Project) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.pid != os.getpid()
                and str(project.root) in process.cwd()
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return [command for command in found if SIMCRM not in command]


def test_the_second_demo_uses_the_stack_of_the_first_and_the_last_one_ends_it(project: Project) -> None:
    with demo(project) as first:
        mark = marks(project)
        with demo(project) as second:
            first.send_signal(signal.SIGINT)
            first.communicate(timeout=SECONDS)
            assert (first.returncode, marks(project)) == (1, mark)
            assert serves(load(project.state_file))

            end_simulations(project)
            assert outcome(second)["stackRunning"] is False

    assert (marks(project), stack_processes(project)) == (None, [])


@pytest.mark.parametrize("killed", [0, 1], ids=["the first", "the second"])
def test_a_demo_that_is_killed_neither_ends_the_stack_nor_keeps_it(project: Project, killed: int) -> None:
    with demo(project) as first, demo(project) as second:
        mark, both = marks(project), (first, second)
        both[killed].kill()
        both[killed].wait(SECONDS)
        assert marks(project) == mark

        end_simulations(project)
        assert outcome(both[1 - killed])["stackRunning"] is False

    assert (marks(project), stack_processes(project)) == (None, [])


def test_after_all_demos_were_killed_the_next_one_takes_their_stack_over_and_ends_it(project: Project) -> None:
    with demo(project) as first:
        mark = marks(project)
        first.kill()
    assert marks(project) == mark

    with demo(project) as second:
        assert marks(project) == mark
        end_simulations(project)
        assert outcome(second)["stackRunning"] is False

    assert stack_processes(project) == []


def test_who_is_up_on_a_demos_stack_keeps_it(simcrm: Simcrm, project: Project) -> None:
    with demo(project) as running:
        assert simcrm("up", "--json").document["alreadyRunning"] is True

        end_simulations(project)
        assert outcome(running)["stackRunning"] is True

    assert marks(project) is not None


def test_a_demo_of_other_sources_leaves_a_stack_with_simulations_alone_and_has_its_own(
    simcrm: Simcrm, project: Project
) -> None:
    simcrm("up")
    mark = marks(project)
    (project.home / "executions.json").write_text(json.dumps({"sim-9": "RUNNING"}), encoding="utf-8")
    (project.root / "functions" / "api.py").write_text("changed", encoding="utf-8")

    done = simcrm("demo", "--records", "3", "--timeout", "60", "--json")

    assert "1 executions run on it (sim-9)" in done.err
    assert done.document["stackRunning"] is False
    assert (marks(project), marks(beside(project))) == (mark, None)


def test_up_says_what_runs_on_the_stack_that_it_does_not_replace(simcrm: Simcrm, project: Project) -> None:
    simcrm("up")
    (project.home / "executions.json").write_text(json.dumps({"sim-9": "RUNNING"}), encoding="utf-8")
    (project.root / "functions" / "api.py").write_text("changed", encoding="utf-8")

    refused = simcrm("up", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "STACK_IN_USE")
    assert "sim-9" in refused.document["error"]["message"]

    assert simcrm("up", "--replace", "--json").document["alreadyRunning"] is False
