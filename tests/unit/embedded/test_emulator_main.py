"""How the emulator is started, with a small program in its place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simcrm_embedded import emulator_main

APP = """
from ministack.core import lambda_runtime
def main():
    worker = lambda_runtime.Worker()
    print(worker._drain_stderr_bounded() if hasattr(worker, "_drain_stderr_bounded") else "as it is")
    return 3
"""
WAITS = """
class Worker:
    def _drain_stderr_bounded(self, first_line_wait=0.050, idle_confirm=0.005, hard_cap=0.250):
        return f"{first_line_wait} {idle_confirm} {hard_cap}"
"""


def run(folder: Path, runtime: str) -> tuple[int, str]:
    """Start the emulator that is installed in a folder; how it ended and what it said."""
    files = {"__init__.py": "", "app.py": APP, "core/__init__.py": "", "core/lambda_runtime.py": runtime}
    for name, text in files.items():
        (folder / "ministack" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "ministack" / name).write_text(text, encoding="utf-8")
    command = [sys.executable, str(emulator_main.__file__)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("runtime", "said"), [(WAITS, "0.015 0.005 0.25"), ("class Worker: pass", "as it is")], ids=["waits", "does not"]
)
def test_the_emulator_runs_with_a_shorter_wait_where_it_has_one(tmp_path: Path, runtime: str, said: str) -> None:
    assert run(tmp_path, runtime) == (3, said)
