"""How the emulator is started, with a small program in its place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simcrm_embedded import emulator_main

APP = """
from ministack.core import lambda_runtime
from ministack.services import stepfunctions

STATE = {"Type": "Map", "MaxConcurrencyPath": "$.plan.sideBySide"}

def main():
    worker = lambda_runtime.Worker()
    print(worker._drain_stderr_bounded() if hasattr(worker, "_drain_stderr_bounded") else "as it is")
    if hasattr(worker, "invoke"):
        print(worker.invoke("event", depth=1))
        try:
            worker.invoke("deadly", depth=1)
        except Exception as error:
            print(type(error).__name__, error)
    if hasattr(stepfunctions, "_run_distributed_map"):
        print(stepfunctions._run_distributed_map(STATE, "raw", {"sideBySide": 4}, "rest"))
        print(stepfunctions._run_distributed_map({"MaxConcurrency": 7}, "raw", {}, "rest"))
    return 3
"""
WAITS = """
class Worker:
    def _drain_stderr_bounded(self, first_line_wait=0.050, idle_confirm=0.005, hard_cap=0.250):
        return f"{first_line_wait} {idle_confirm} {hard_cap}"

    def invoke(self, event, *, depth):
        if event == "deadly":
            raise BrokenPipeError("process ended")
        return f"{event} {depth}"
"""
MAPS = """
def _resolve_path(path, data):
    return data[path.rpartition(".")[2]]

def _run_distributed_map(state, raw_input, effective, rest):
    return f"{state.get('MaxConcurrency')} {raw_input} {rest}"
"""
BEFORE = ("class Worker: pass", "")
"""An emulator that has nothing of what is changed."""


def run(folder: Path, runtime: str, steps: str) -> tuple[int, list[str]]:
    """Start the emulator that is installed in a folder; how it ended and what it said."""
    parts = {"core/lambda_runtime.py": runtime, "services/stepfunctions.py": steps, "app.py": APP}
    files = parts | dict.fromkeys(("__init__.py", "core/__init__.py", "services/__init__.py"), "")
    for name, text in files.items():
        (folder / "ministack" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "ministack" / name).write_text(text, encoding="utf-8")
    command = [sys.executable, str(emulator_main.__file__)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("emulator", "said"),
    [
        ((WAITS, MAPS), ["0.015 0.005 0.25", "event 1", "Runtime.ExitError process ended", "4 raw rest", "7 raw rest"]),
        (BEFORE, ["as it is"]),
    ],
    ids=["changed", "as it is"],
)
def test_the_emulator_waits_less_reads_how_many_children_may_run_and_names_deaths_as_aws_does(
    tmp_path: Path, emulator: tuple[str, str], said: list[str]
) -> None:
    assert run(tmp_path, *emulator) == (3, said)
