"""The data files of this package, read once and verified against the shipped digests."""

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from simcrm.synthetic.errors import DataFileError

DATA = Path(__file__).parent / "data"
MANIFEST = "manifest.json"


@cache
def read_data(name: str) -> Any:
    """Read the JSON of a data file by its path under ``data``. Raises DataFileError."""
    return json.loads(read_text(name))


def read_text(name: str) -> str:
    """Read a data file by its path under ``data``. Raises DataFileError."""
    content = _content(name)
    if blake2b(content, digest_size=8).hexdigest() != _manifest().get(name):
        raise DataFileError(name, "is damaged")
    return content.decode()


def has_data(name: str) -> bool:
    """Whether there is a data file of this path."""
    return name in _manifest()


def data_names(folder: str) -> list[str]:
    """Return the sorted names of the entries in a data folder, without extensions."""
    start = f"{folder}/"
    return sorted(
        {
            name.removeprefix(start).partition("/")[0].removesuffix(".json")
            for name in _manifest()
            if name.startswith(start)
        }
    )


@cache
def _manifest() -> dict[str, str]:
    try:
        digests: dict[str, str] = json.loads(_content(MANIFEST))
    except ValueError:
        raise DataFileError(MANIFEST, "is damaged") from None
    return digests


def _content(name: str) -> bytes:
    try:
        return (DATA / name).read_bytes()
    except OSError:
        raise DataFileError(name, "is missing") from None
