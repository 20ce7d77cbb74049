"""The recipes under paths that a shell or make would read as something else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [
    "a b",
    "it's",
    'say "hi"',
    "$HOME",
    "$(id)",
    "a&b",
    "a;b",
    "`id`",
    "Müller",
    "日本",
    "a#b",
    "a%b",
    "~",
    "(x)",
    "*",
    "a\\b",
]
NOTING = """#!{python}
import json, os, sys
with open(os.environ["NOTES"], "a") as notes:
    notes.write(json.dumps(sys.argv[1:]) + "\\n")
"""


def interpreter_in(folder: Path) -> Path:
    """A program that notes its arguments."""
    folder.mkdir(parents=True)
    program = folder / "python"
    program.write_text(NOTING.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return program


def make(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],  # noqa: S607 - whichever the machine has
        cwd=folder,
        env={**env, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", FOLDERS)
def test_the_layer_of_packages_is_built_under_any_path(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    shutil.copytree(ROOT / "layers" / "dependencies", place / "layer")
    program, notes, files = interpreter_in(place / "bin"), tmp_path / "notes", place / "files"
    settings = {"ARTIFACTS_DIR": str(files), "SIMCRM_LAYER_PYTHON": str(program), "NOTES": str(notes)}

    done = make(place / "layer", "build-DependencyLayer", SIMCRM_LAYER_TARGET="embedded", **settings)

    assert done.returncode == 0, done.stderr
    (arguments,) = map(json.loads, notes.read_text(encoding="utf-8").splitlines())
    assert arguments[arguments.index("--target") + 1] == f"{files}/python"
    assert (files / "python").is_dir()


@pytest.mark.parametrize("name", FOLDERS)
def test_the_layer_of_the_domain_is_built_under_any_path(tmp_path: Path, name: str) -> None:
    layer = tmp_path / name / "layer"
    for package in ("simcrm/__pycache__", "simcrm_lambda"):
        (layer / package).mkdir(parents=True)
    shutil.copy(ROOT / "layers" / "domain" / "Makefile", layer)

    done = make(layer, "build-DomainLayer", ARTIFACTS_DIR=str(tmp_path / name / "files"))

    assert done.returncode == 0, done.stderr
    built = tmp_path / name / "files" / "python"
    assert sorted(str(path.relative_to(built)) for path in built.rglob("*")) == ["simcrm", "simcrm_lambda"]


def checkout(place: Path) -> Path:
    """What a set-up reads of a checkout, with an environment that notes what it is asked."""
    place.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, place / name)
    for folder in (".venv", ".simcrm/tools/sam", ".simcrm/tools/emulator"):
        interpreter_in(place / folder / "bin")
    return place


def asked(place: Path, *arguments: str) -> list[list[str]]:
    """What the environments of a checkout are asked to do."""
    notes = place.parent / "notes"
    notes.unlink(missing_ok=True)
    done = make(place, *arguments, NOTES=str(notes))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_checkout_under_any_path_is_set_up_and_run(tmp_path: Path, name: str) -> None:
    calls = asked(checkout(tmp_path / name), "demo", "DEMO=--keep")

    assert calls[-1] == ["-P", "-m", "simcrm_cli.main", "demo", "--keep"]
    assert sum("pip" in call for call in calls) == 4


def test_a_checkout_that_was_moved_is_installed_anew(tmp_path: Path) -> None:
    place = checkout(tmp_path / "before")
    asked(place, "test", "PYTEST=tests/unit")

    again = asked(place, "test", "PYTEST=tests/unit")
    moved = asked(place.rename(tmp_path / "a b"), "test", "PYTEST=tests/unit -k 'a or b'")

    assert again == [["-P", "-m", "pytest", "tests/unit"]]
    assert [call[-2:] for call in moved if "pip" in call][-1] == ["--editable", "."]
    assert moved[-1] == ["-P", "-m", "pytest", "tests/unit", "-k", "a or b"]


def test_a_symbolic_link_leads_to_the_same_checkout(tmp_path: Path) -> None:
    place = checkout(tmp_path / "real")
    asked(place, "test", "PYTEST=x")
    (tmp_path / "my link").symlink_to(place)

    assert asked(tmp_path / "my link", "test", "PYTEST=x") == [["-P", "-m", "pytest", "x"]]


def test_what_keeps_an_environment_from_being_made_is_said_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\necho 'SimCRM needs Python 3.11 or newer: set PYTHON=/path/to/python3.11' >&2; exit 1\n")
    old.chmod(0o755)
    colon, plain = checkout(tmp_path / "a:b"), checkout(tmp_path / "plain")

    said = {
        "a path with a colon": make(colon, "setup").stderr,
        "no such Python": make(plain, "setup", "PYTHON=python-of-nowhere").stderr,
        "an old Python": make(plain, "setup", f"PYTHON={old}").stderr,
    }

    lines = {cause: [line for line in text.splitlines() if not line.startswith("make")] for cause, text in said.items()}
    assert lines == {
        "a path with a colon": [f"SimCRM cannot be installed under a path with a colon: move or rename {colon}"],
        "no such Python": ["There is no python-of-nowhere: set PYTHON=/path/to/python3.11"],
        "an old Python": ["SimCRM needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"],
    }
