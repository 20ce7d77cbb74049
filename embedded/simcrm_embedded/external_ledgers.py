"""Ledgers of runs that wrote into a portal of the user's own: they outlive the stack, whose bucket does not.

While such a stack runs, the emulator keeps its bucket on disk; when the stack is ended, or found dead, what a clean-up
wants of it moves to ``portals/{number of the portal}/{simulation id}/``. No key is in it.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from simcrm.storage import file_names
from simcrm.storage.simulation_files import MAX_LISTED, ListedFile, SimulationFiles
from simcrm_embedded.project import Project

OWNER_ONLY, FOLDER_OF_OWNER = 0o600, 0o700
DOCUMENTS = (file_names.PLAN, file_names.STATUS, file_names.CLEANUP)
_BUCKET = "s3"
_EMULATOR_METADATA = ".meta.json"


def bucket_folder(scratch: Path) -> Path:
    """Where the emulator puts what its buckets hold."""
    return scratch / _BUCKET


class LocalSimulationFiles(SimulationFiles):
    """A simulation's objects in a folder of this machine."""

    def __init__(self, folder: Path, simulation_id: str) -> None:
        super().__init__(None, "", simulation_id)  # type: ignore[arg-type]  # what would ask S3 is below
        self.folder = folder

    def _get(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _put(self, name: str, body: bytes) -> str:
        _write(self.folder / name, body)
        return ""

    def list_files(self, prefix: str, after: str = "", at_once: int = MAX_LISTED) -> Iterator[ListedFile]:
        """As in ``SimulationFiles``, by the times of the files, which have no ETags; all of them at once."""
        del at_once
        for name in sorted(_names(self.folder)):
            if name.startswith(prefix) and name > after:
                yield ListedFile(name, datetime.fromtimestamp((self.folder / name).stat().st_mtime, UTC), "")


def save_ledgers(project: Project) -> None:
    """Keep the ledgers of an ended stack's runs.

    Raises:
        OSError: they cannot be written, so the stack's folder must stay.
    """
    for folder in bucket_folder(project.scratch).glob("*/*/simulations/*"):
        portal = _read_portal(folder)
        if portal is None:
            continue
        target = project.portals / portal / folder.name
        for name in _names(folder):
            if name in DOCUMENTS or name.startswith(file_names.LEDGER):
                _write(target / name, (folder / name).read_bytes())


def find_ledger(project: Project, portal: str, simulation_id: str) -> Path | None:
    """Where the ledger of a simulation in a portal is: of an ended stack, or of one that was killed; else None."""
    saved = project.portals / portal / simulation_id
    if saved.is_dir():
        return saved
    unsaved = bucket_folder(project.scratch).glob(f"*/*/simulations/{simulation_id}")
    return next((folder for folder in unsaved if _read_portal(folder) == portal), None)


def reset_cleanup_progress(folder: Path) -> None:
    """Let a clean-up begin anew, because the portal may have changed since the one before."""
    (folder / file_names.CLEANUP).unlink(missing_ok=True)


def _read_portal(folder: Path) -> str | None:
    """The number of the portal that a run wrote into; None where it wrote into none or had not begun."""
    try:
        portal = json.loads((folder / file_names.PLAN).read_text(encoding="utf-8")).get("portal")
        return str(portal["id"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.endswith((_EMULATOR_METADATA, ".tmp")):
            yield path.relative_to(folder).as_posix()


def _write(path: Path, body: bytes) -> None:
    """Replace a file in one step, readable by its owner alone, as are the folders that are made for it."""
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir(FOLDER_OF_OWNER, exist_ok=True)
    draft = path.with_name(f"{path.name}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as file:
        file.write(body)
    draft.replace(path)
