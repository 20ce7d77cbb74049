import time
from pathlib import Path

import psutil
import pytest

from simcrm_embedded.errors import MissingToolError, NotReadyError, StepFailedError
from simcrm_embedded.project import Project
from simcrm_embedded.sam_runner import StepRunner, sam_command
from simcrm_embedded.state import StackState, load


@pytest.fixture
def runner(tmp_path: Path) -> StepRunner:
    project = Project(root=tmp_path, home=tmp_path / ".simcrm")
    return StepRunner(project, StackState(mark="m"), {"PATH": "/usr/bin:/bin"}, time.sleep)


def run(runner: StepRunner, script: str, timeout: float = 20) -> None:
    runner.run("sam build", ["/bin/sh", "-c", script], env=runner.env, timeout=timeout)


def test_a_step_runs_in_the_project_and_leaves_a_log(runner: StepRunner) -> None:
    run(runner, "pwd; echo to the log >&2")

    log = runner.project.logs / "sam-build.log"
    assert log.read_text(encoding="utf-8") == f"{runner.project.root}\nto the log\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo 'Error: no template'; exit 1", "no template"), ("exit 3", "exit code 3"), ("kill -9 $$", "exit code -9")],
    ids=["with a reason", "without", "killed"],
)
def test_a_step_that_fails_says_why(runner: StepRunner, script: str, reason: str) -> None:
    with pytest.raises(StepFailedError, match=rf"sam build failed \({reason}\): see .*sam-build\.log"):
        run(runner, script)


def test_a_step_that_takes_too_long_is_ended_with_its_children(runner: StepRunner) -> None:
    with pytest.raises(NotReadyError, match="sam build was not ready after 1 s"):
        run(runner, "sleep 60 & echo $!; wait", timeout=1)

    child = int((runner.project.logs / "sam-build.log").read_text(encoding="utf-8"))
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_step_stands_in_the_state_only_while_it_runs(runner: StepRunner) -> None:
    seen: list[str] = []

    def pause(seconds: float) -> None:
        state = load(runner.project.state_file)
        assert state is not None
        seen.extend(process.name for process in state.processes)
        time.sleep(seconds)

    run(StepRunner(runner.project, runner.state, runner.env, pause), "sleep 0.2")

    assert "sam build" in seen
    assert runner.state.processes == []


def test_without_the_sam_cli_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match=r"The SAM CLI is not installed: run `make setup`\."):
        sam_command(Project(root=tmp_path, home=tmp_path))
