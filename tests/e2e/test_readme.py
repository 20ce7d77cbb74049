"""The commands of the README, run one after the other exactly as they are written there."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "git clone <this repository> simcrm && cd simcrm": "whoever runs the tests has done it",
    "make demo": "is `make setup`, which CI begins with, and `simcrm demo`, which test_demo.py runs",
    "make test": "runs this test",
    "make test-fast": "runs tests that `make test` runs too",
    "make lint": "is run by CI before the tests",
    "make deploy": "asks for what it needs, and an account of AWS: tests/unit/cli/test_deploy.py answers it",
}
"""Commands that are not run here, and why not."""

PLACEHOLDER, RUNNING, SUCCEEDED = "<simulation id>", "RUNNING", "SUCCEEDED"
WANTED = {"abort": RUNNING}
"""What a simulation has to be for a command; for all others one that has succeeded and is still there."""

COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:simcrm|make|git)\b.*")
DEFINITION = re.compile(r"\w+\(\) \{.*\}")
BASH, SECONDS = shutil.which("bash") or "/bin/bash", 300.0
Row = dict[str, Any]


def lines_of_code() -> list[str]:
    """Lines of indented and of fenced blocks, as they stand."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    fenced = "\n".join(re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return [*re.findall(r"^    (.*)$", text, re.MULTILINE), *fenced.splitlines()]


def without_comment(line: str) -> str:
    return re.sub(r"\s+# .*", "", line)


COMMANDS = [line for line in lines_of_code() if COMMAND.fullmatch(line) and not DEFINITION.fullmatch(line)]
RUN_HERE = [line for line in COMMANDS if without_comment(line).strip() not in ELSEWHERE]


@dataclass
class Shell:
    """A folder like a checkout, and a stack of its own that the commands start."""

    folder: Path
    taken_back: set[str] = field(default_factory=set)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line with the functions that the README defines before it."""
        script = "\n".join([*filter(DEFINITION.fullmatch, lines_of_code()), command])
        env = {**os.environ, "SIMCRM_STATE_DIR": str(self.folder / "state"), "COLUMNS": "200"}
        return subprocess.run(
            [BASH, "-c", script], cwd=self.folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
        )

    def filled(self, command: str) -> str:
        """The command with the id of a simulation that it is meant for."""
        if PLACEHOLDER not in command:
            return command
        verb = command.split()[1]
        simulation_id = self._simulation(WANTED.get(verb, SUCCEEDED))
        if verb == "cleanup":
            self.taken_back.add(simulation_id)
        return command.replace(PLACEHOLDER, simulation_id)

    def _simulation(self, status: str) -> str:
        """The latest simulation with a status; one that was started just now may have to get there."""
        deadline = time.monotonic() + SECONDS
        while not (found := [row["simulationId"] for row in self.simulations() if row["status"] == status]):
            assert time.monotonic() < deadline, f"no simulation is {status}"
            time.sleep(1)
        return str(next(one for one in found if one not in self.taken_back))

    def simulations(self) -> list[Row]:
        """What is listed, the latest first."""
        rows: list[Row] = json.loads(self.run("simcrm list --json").stdout)["simulations"]
        return rows


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Ends the stack that the README's commands leave running."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    (folder / "Makefile").symlink_to(ROOT / "Makefile")
    shell = Shell(folder)
    yield shell
    shell.run("simcrm down")


def test_every_command_is_run_or_has_a_reason() -> None:
    shown = {without_comment(line).strip() for line in COMMANDS}

    assert ELSEWHERE.keys() <= shown
    assert len(RUN_HERE) + len(ELSEWHERE) == len(COMMANDS)


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_of_the_readme_does_what_it_says(shell: Shell, command: str) -> None:
    given = shell.filled(command)
    assert re.findall(r"<[a-z ]+>", without_comment(given)) == [], "say in this test what fills the placeholder"

    done = shell.run(given)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_what_the_commands_were_to_make_is_there(shell: Shell) -> None:
    lines = {name: (shell.folder / name).read_text(encoding="utf-8").splitlines() for name in FILES}
    first = [row for row in shell.simulations() if row["simulationId"] in shell.taken_back]

    assert {name: len(found) > 500 for name, found in lines.items()} == dict.fromkeys(FILES, True)
    assert {row["status"] for row in shell.simulations()} == {"SUCCEEDED", "ABORTED"}
    assert len(first) == 1


FILES = ("records.csv", "records.jsonl")
