"""What the embedded stack counts on in the emulator that is installed."""

import subprocess
from pathlib import Path

from integration.driving import Api

from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

WAITS = """
import inspect
from ministack.core.lambda_runtime import Worker
print(*inspect.signature(Worker._drain_stderr_bounded).parameters)
"""


def test_the_wait_behind_a_call_is_where_the_stack_shortens_it(project: Project, state: StackState) -> None:
    assert state.endpoint
    done = subprocess.run([str(project.emulator_python), "-c", WAITS], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["self", "first_line_wait", "idle_confirm", "hard_cap"]


def test_workers_share_the_packages_of_the_layers(project: Project, state: StackState) -> None:
    assert Api(state, None).get("/api/health").json()["ok"] is True

    workers = list((project.scratch).glob("ministack-lambda-*"))
    packages = [path for worker in workers for path in Path(worker).glob("layer_*/python/*")]
    assert workers
    assert {path.name for path in packages} == {"lib"}
