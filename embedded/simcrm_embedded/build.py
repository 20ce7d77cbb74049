"""Building the template for the emulator, only when something that goes into it has changed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from simcrm_embedded.environment import tool_environment
from simcrm_embedded.project import Project
from simcrm_embedded.steps import StepRunner, sam_program

TIMEOUT = 600.0
_SOURCES = ("template.yaml", "functions", "layers", "statemachine")
_BY_PRODUCTS = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".DS_Store")


def source_hash(project: Project) -> str:
    """A fingerprint of all that decides about the built functions, the emulator's interpreter included."""
    digest = hashlib.sha256()
    for path in _source_files(project):
        digest.update(f"{path.relative_to(project.root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(project: Project, fingerprint: str) -> bool:
    """Whether the last build was of the same sources."""
    note = _note(project)
    return note.is_file() and note.read_text(encoding="utf-8") == fingerprint and built_template(project).is_file()


def built_template(project: Project) -> Path:
    """The template that names the built artifacts."""
    return project.build / "template.yaml"


def build(steps: StepRunner, fingerprint: str) -> None:
    """Run ``sam build`` with the dependency layer for this machine's emulator.

    Raises:
        StackError: the SAM CLI is missing, the build failed or took too long.
    """
    project = steps.project
    _note(project).unlink(missing_ok=True)
    command = [sam_program(project), "build", "--template-file", str(project.template)]
    command += ["--build-dir", str(project.build), "--cached", "--cache-dir", str(_cache(project))]
    command += ["--config-file", str(sam_config(project))]
    settings = {"SIMCRM_LAYER_TARGET": "embedded", "SIMCRM_LAYER_PYTHON": str(project.emulator_python)}
    steps.run("sam build", command, env={**tool_environment(steps.env, endpoint=""), **settings}, timeout=TIMEOUT)
    _note(project).write_text(fingerprint, encoding="utf-8")


def sam_config(project: Project) -> Path:
    """An empty configuration, so that the one for AWS accounts is not read here."""
    path = project.home / "samconfig.toml"
    if not path.is_file():
        path.write_text("version = 0.1\n", encoding="utf-8")
    return path


def _note(project: Project) -> Path:
    return project.home / "build.sha256"


def _cache(project: Project) -> Path:
    """SAM's cache does not know for which interpreter a layer's wheels were chosen; the folder's name does."""
    note = _interpreter_note(project)
    digest = hashlib.sha256(note.read_bytes() if note.is_file() else b"")
    return project.home / "build-cache" / digest.hexdigest()[:12]


def _interpreter_note(project: Project) -> Path:
    """What ``venv`` wrote about the emulator's interpreter, with its version."""
    return project.tools / "emulator" / "pyvenv.cfg"


def _source_files(project: Project) -> Iterator[Path]:
    for name in _SOURCES:
        source = project.root / name
        yield from [source] if source.is_file() else _files_below(source)
    if (note := _interpreter_note(project)).is_file():
        yield note


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders).difference(_BY_PRODUCTS))
        yield from (Path(place, name) for name in sorted(names) if name not in _BY_PRODUCTS)
