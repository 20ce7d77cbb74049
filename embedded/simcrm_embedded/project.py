"""Paths of the project and of everything the stack writes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simcrm_embedded.errors import ProjectNotFoundError
from simcrm_embedded.private_files import make_private


@dataclass(frozen=True, slots=True)
class Project:
    """The project's folder, and the folder of a stack's state and logs."""

    root: Path
    home: Path

    @property
    def template(self) -> Path:
        """The template, the same that is deployed to AWS."""
        return self.root / "template.yaml"

    @property
    def tools(self) -> Path:
        """The environments of the emulator and the SAM CLI, created by ``make setup``."""
        return self.root / ".simcrm" / "tools"

    @property
    def emulator_python(self) -> Path:
        """The interpreter that runs the emulator and the functions."""
        return self.tools / "emulator" / "bin" / "python"

    @property
    def state_file(self) -> Path:
        """What is running, where, and its tokens."""
        return self.home / "state.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one command that may change the stack."""
        return self.home / "lock"

    @property
    def users_file(self) -> Path:
        """Locked (shared) by each demo that uses the stack."""
        return self.home / "users"

    @property
    def logs(self) -> Path:
        """One file per process and step."""
        return self.home / "logs"

    @property
    def scratch(self) -> Path:
        """Temporary files of the running processes, removed with them."""
        return self.home / "run"

    @property
    def portals(self) -> Path:
        """Ledgers of runs in the user's own portals; they outlive the stack."""
        return self.home / "portals"

    @property
    def builds(self) -> Path:
        """Output of ``sam build`` for the emulator, shared by all stacks of the project."""
        return self.root / ".simcrm" / "builds"

    def prepare(self) -> None:
        """Create the stack's folder, private to its owner; an existing folder of the user's is left as it is.

        Raises:
            OSError: it cannot be created.
        """
        if self.home == self.root / ".simcrm" or not self.home.exists():
            make_private(self.home)


def find_project(start: Path | None = None, env: Mapping[str, str] = os.environ) -> Project:
    """Search upwards from the working directory, then from this package; SIMCRM_STATE_DIR moves the stack's folder.

    Raises:
        ProjectNotFoundError: there is no template above either place.
    """
    origin = (start or Path.cwd()).resolve()
    package = Path(__file__).resolve().parent
    for folder in (origin, *origin.parents, *package.parents):
        if (folder / "template.yaml").is_file() and (folder / "pyproject.toml").is_file():
            return Project(root=folder, home=Path(env.get("SIMCRM_STATE_DIR") or folder / ".simcrm").resolve())
    raise ProjectNotFoundError(origin)
