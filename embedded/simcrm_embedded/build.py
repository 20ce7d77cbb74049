"""Build the template for the emulator, only if something that goes into it has changed."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simcrm_embedded.environment import tool_environment
from simcrm_embedded.layers import share_layers
from simcrm_embedded.project import Project
from simcrm_embedded.sam_runner import StepRunner, sam_command
from simcrm_embedded.state import hold_lock

TIMEOUT = 600.0
MAX_BUILDS = 3
_STACKS = "stacks"
_VERSION = 2
"""Version of the build procedure; builds from other versions are not used."""

_SOURCES = ("template.yaml", "functions", "layers", "statemachine")
_BY_PRODUCTS = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".DS_Store")


def source_hash(project: Project) -> str:
    """Return a hash of everything that affects the built functions, including the emulator's interpreter."""
    digest = hashlib.sha256(bytes([_VERSION]))
    for path in _source_files(project):
        digest.update(f"{path.relative_to(project.root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Build:
    """The output of ``sam build`` for the sources with this fingerprint; once built, it never changes."""

    project: Project
    fingerprint: str

    @property
    def folder(self) -> Path:
        """The built functions and layers, each in a folder named after its logical id."""
        return self.project.builds / self.fingerprint[:16]

    @property
    def template(self) -> Path:
        """The template that refers to the built artifacts."""
        return self.folder / "template.yaml"

    @property
    def is_there(self) -> bool:
        """Whether any stack has built it."""
        return self.template.is_file()

    def claim(self) -> None:
        """Record that the project's stack runs from this build only; it is kept as long as the stack has a state."""
        state_file = str(self.project.state_file)
        name = hashlib.sha256(state_file.encode()).hexdigest()[:16]
        for former in self.project.builds.glob(f"*/{_STACKS}/{name}"):
            former.unlink(missing_ok=True)
        (self.folder / _STACKS).mkdir(exist_ok=True)
        (self.folder / _STACKS / name).write_text(state_file, encoding="utf-8")


def build(steps: StepRunner, target: Build) -> None:
    """Run ``sam build`` with the dependency layer for this machine's emulator, unless another stack just did.

    Raises:
        StackError: the SAM CLI is missing, or the build failed or timed out.
    """
    project = steps.project
    with hold_lock(project.builds / "lock", pause=steps.pause):
        if target.is_there:
            return
        draft = project.builds / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        command = [*sam_command(project), "build", "--template-file", str(project.template)]
        command += ["--build-dir", str(draft), "--cached", "--cache-dir", str(_cache(project))]
        command += ["--config-file", str(sam_config(project))]
        settings = {"SIMCRM_LAYER_TARGET": "embedded", "SIMCRM_LAYER_PYTHON": str(project.emulator_python)}
        steps.run(
            "sam build",
            command,
            env={**tool_environment(steps.env, endpoint="", token=""), **settings},
            timeout=TIMEOUT,
        )
        share_layers(draft, target.folder)
        draft.rename(target.folder)
        _delete_old_builds(project)


def _delete_old_builds(project: Project) -> None:
    """Keep the latest builds, because a stack with older sources may still be deploying its own, and those in use."""
    made = sorted(project.builds.glob("*/template.yaml"), key=lambda template: template.stat().st_mtime)
    for template in made[:-MAX_BUILDS]:
        if not _is_in_use(template.parent):
            shutil.rmtree(template.parent, ignore_errors=True)


def _is_in_use(folder: Path) -> bool:
    claims = (folder / _STACKS).glob("*")
    return any(Path(claim.read_text(encoding="utf-8")).is_file() for claim in claims)


def sam_config(project: Project) -> Path:
    """Return an empty configuration file, so that the one for AWS accounts is not read."""
    path = project.home / "samconfig.toml"
    if not path.is_file():
        path.write_text("version = 0.1\n", encoding="utf-8")
    return path


def _cache(project: Project) -> Path:
    """Return a cache folder per interpreter, because SAM's cache ignores which interpreter wheels were chosen for."""
    note = _interpreter_note(project)
    digest = hashlib.sha256(note.read_bytes() if note.is_file() else b"")
    return project.builds / "cache" / digest.hexdigest()[:12]


def _interpreter_note(project: Project) -> Path:
    """Return the file in which ``venv`` records the emulator's interpreter and its version."""
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
