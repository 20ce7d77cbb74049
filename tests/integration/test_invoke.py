"""The command that runs one function alone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from integration.sample_events import EVENTS, ROOT, sample_events

from simcrm_embedded.project import Project
from simcrm_embedded.state import StackState

Invoke = Callable[..., subprocess.CompletedProcess[str]]
PAGE = (ROOT / "docs" / "events.md").read_text()


def invoke_in(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simcrm_embedded.invoke", *map(str, arguments)]
    env = {**os.environ, "SIMCRM_STATE_DIR": str(home)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def invoke(project: Project, state: StackState) -> Invoke:
    assert state.api_url
    return lambda *arguments: invoke_in(project.home, *arguments)


def test_it_prints_the_answer_to_each_event(invoke: Invoke) -> None:
    ran = invoke(EVENTS / "plan-simulation" / "b2b.json", "events/generate-contact/batch.json")
    assert ran.returncode == 0, ran.stderr
    planned, generated = (json.loads(part) for part in ran.stdout.replace("}\n{", "}\0{").split("\0"))
    assert planned == json.loads((EVENTS / "plan-simulation" / "b2b.expected.json").read_text())
    assert generated["count"] == 10


def test_without_an_event_it_prints_what_sam_local_takes(invoke: Invoke, state: StackState) -> None:
    environment = json.loads(invoke().stdout)
    assert len(environment) == len({event.function for event in sample_events()})
    assert {variables["AWS_ENDPOINT_URL"] for variables in environment.values()} == {state.endpoint}
    assert environment["PlanSimulationFunction"]["BUCKET_NAME"] == state.outputs["BucketName"]


@pytest.mark.parametrize("path", ["events/plan-simulation/none.json", "README.md"])
def test_what_is_no_event_is_refused_in_one_line(invoke: Invoke, path: str) -> None:
    ran = invoke(path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"{path} is no file in events/<function>/; functions are api, ")
    assert ran.stderr.count("\n") == 1


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    ran = invoke_in(tmp_path, "events/plan-simulation/b2b.json")
    assert (ran.returncode, ran.stderr) == (1, "The embedded stack is not up: run `simcrm up`.\n")


def test_the_page_about_events_names_files_that_exist() -> None:
    named = set(re.findall(r"events/[a-z-]+/[a-z0-9-]+\.json", PAGE))
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_the_page_about_events_lists_every_kind() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in PAGE.splitlines() if line.startswith("| ")]
    listed = {f"{folder}/{kind}" for folder, kinds in rows[1:] for kind in kinds.split(", ") if folder != "api"}
    assert listed == {event.name for event in sample_events() if event.function != "api"}
