"""What a newcomer runs first, as the commands they type."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIMCRM = Path(sys.executable).parent / "simcrm"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A state folder of this test's own, with the installed tools and no earlier build."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def _simcrm(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"SIMCRM_STATE_DIR": str(home)}
    return subprocess.run(
        [SIMCRM, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_demo_prints_one_document_and_leaves_nothing_running(home: Path) -> None:
    done = _simcrm(home, "demo", "--records", "50", "--json")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["status"], document["planned"], document["failed"]) == ("SUCCEEDED", 50, 0)
    assert document["counts"]["contacts"] == 50
    assert 0 < document["counts"]["companies"] < 20
    leads = {"contacts", "companies", "deals", "notes", "calls", "tasks", "tickets"}
    assert set(document["counts"]) == leads | {"meetings", "emails", "lineItems", "products"}
    assert document["hubspotCalls"] > 0
    assert document["durationSeconds"] > 0
    assert _processes_below(home) == []


def test_generated_records_are_the_same_bytes_in_two_processes(tmp_path: Path, home: Path) -> None:
    files = [tmp_path / name for name in ("first.jsonl", "second.jsonl")]
    for file in files:
        done = _simcrm(home, "generate", "--pairs", "200", "--seed", "7", "--activities", "--out", str(file))
        assert done.returncode == 0, done.stderr

    lines = files[0].read_text(encoding="utf-8").splitlines()
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(lines) == 200
    assert list(json.loads(lines[0])) == ["contact", "company", "deals", "notes", "calls", "tasks", "tickets"]


def _processes_below(home: Path) -> list[str]:
    """Commands of running processes that work in the stack's folder."""
    commands = [_text(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [command for command in commands if str(home) in command]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""
