"""Secrets that a server must not get as arguments, which everybody on the machine can list."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

OPTION = "--keys-from-stdin"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """Keys of a server: ``accepted`` for its API, where none means any key; ``control`` for its control paths."""

    accepted: Sequence[str] = ()
    control: str = ""

    def to_document(self) -> bytes:
        """Return one line for the server's standard input."""
        return (json.dumps(asdict(self)) + "\n").encode()


def read_keys(stream: TextIO | None = None) -> ServerKeys:
    """Read keys from one line of JSON on standard input.

    Raises:
        ValueError: the line is not JSON.
        KeyError: a field is missing.
    """
    document = json.loads((sys.stdin if stream is None else stream).readline())
    return ServerKeys(tuple(map(str, document["accepted"])), str(document["control"]))
