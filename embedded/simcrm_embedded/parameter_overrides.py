"""Pass template parameters to the SAM CLI unchanged, byte for byte."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

_UNQUOTED = re.compile(r"[ \"']")
_UNQUOTINGS = 2
"""How often the SAM CLI unquotes a value from a file: once when it reads the file, and once like all other values."""


@contextmanager
def parameter_overrides(values: Mapping[str, str], folder: Path) -> Iterator[list[str]]:
    """Yield the options of ``sam deploy`` for these parameters: a file below ``folder`` that exists for the block.

    On the command line, the SAM CLI splits values at quotes and spaces, and a value that ends in a backslash cannot be
    written at all. Only the owner can read the file.

    Raises:
        OSError: the folder cannot be written to.
    """
    if not values:
        yield []
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="parameters-", dir=folder) as place:
        file = Path(place, "parameters.yaml")
        file.touch(mode=0o600)
        file.write_text(parameter_document(values), encoding="ascii")
        yield ["--parameter-overrides", f"file://{file}"]


def parameter_document(values: Mapping[str, str]) -> str:
    """Return ASCII YAML, because the SAM CLI reads it in the machine's default encoding."""
    quoted = {name: _quote(value) for name, value in values.items()}
    return yaml.safe_dump(quoted, default_style='"', allow_unicode=False, width=float("inf"))


def _quote(value: str) -> str:
    """Quote a value: unquoting removes the backslash before each space and quote, and enclosing quotes."""
    for _ in range(_UNQUOTINGS):
        value = _UNQUOTED.sub(r"\\\g<0>", value)
    return value
