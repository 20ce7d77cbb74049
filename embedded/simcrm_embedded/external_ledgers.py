"""Ledgers of runs that wrote to the user's own portal: they outlive the stack, while its bucket does not.

While such a stack runs, the emulator stores its bucket on disk; when the stack is ended, or found dead, the files that
a clean-up needs are copied to ``portals/{portal id}/{simulation id}/``. They contain no keys.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from simcrm.storage import file_names
from simcrm.storage.simulation_files import MAX_LISTED, ListedFile, SimulationFiles
from simcrm_embedded.private_files import FOLDER_MODE, open_private
from simcrm_embedded.project import Project

DOCUMENTS = (file_names.PLAN, file_names.STATUS, file_names.CLEANUP)
_BUCKET = "s3"
_EMULATOR_METADATA = ".meta.json"


def bucket_folder(scratch: Path) -> Path:
    """Return the folder where the emulator stores its buckets."""
    return scratch / _BUCKET


class LocalSimulationFiles(SimulationFiles):
    """A simulation's files in a local folder."""

    def __init__(self, folder: Path, simulation_id: str) -> None:
        super().__init__(None, "", simulation_id)  # type: ignore[arg-type]  # all calls to S3 are overridden
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
        """List all files at once, as in ``SimulationFiles``, with their modification times and no ETags."""
        del at_once
        for name in sorted(_names(self.folder)):
            if name.startswith(prefix) and name > after:
                yield ListedFile(name, datetime.fromtimestamp((self.folder / name).stat().st_mtime, UTC), "")


def save_ledgers(project: Project) -> None:
    """Save the ledgers of an ended stack's runs.

    Raises:
        OSError: they cannot be written, so the stack's folder must not be deleted.
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
    """Return the folder of a simulation's ledger, from an ended or a killed stack, or None."""
    saved = project.portals / portal / simulation_id
    if saved.is_dir():
        return saved
    unsaved = bucket_folder(project.scratch).glob(f"*/*/simulations/{simulation_id}")
    return next((folder for folder in unsaved if _read_portal(folder) == portal), None)


def reset_cleanup_progress(folder: Path) -> None:
    """Let a clean-up start over, because the portal may have changed since the last one."""
    (folder / file_names.CLEANUP).unlink(missing_ok=True)


def _read_portal(folder: Path) -> str | None:
    """Return the id of the portal that a run wrote to; None if it wrote to none or had not started."""
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
    """Replace a file atomically; only its owner can read it and the folders created for it."""
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    draft = path.with_name(f"{path.name}.tmp")
    with open_private(draft) as file:
        file.write(body)
    draft.replace(path)
