"""Files and folders that only their owner can read."""

import os
from pathlib import Path
from typing import BinaryIO

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def make_private(folder: Path) -> None:
    """Create a folder that only its owner can access, or restrict an existing one.

    Raises:
        OSError: it cannot be created, or belongs to somebody else.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)


def open_private(path: Path) -> BinaryIO:
    """Open a new, empty file for writing that nobody else can have opened."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb")
