"""Files and folders that nobody but their owner reads."""

import os
from pathlib import Path
from typing import BinaryIO

FOLDER, FILE = 0o700, 0o600


def make_private(folder: Path) -> None:
    """Make a folder of the owner's alone, also of one that is there already.

    Raises:
        OSError: it cannot be made, or belongs to somebody else.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    folder.chmod(FOLDER)


def open_private(path: Path) -> BinaryIO:
    """Open an empty file for writing, which nobody else has read before it is written."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "wb")
