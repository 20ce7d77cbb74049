"""What a server may not be told by its arguments, which everybody on the machine can list."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

OPTION = "--keys-from-stdin"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What opens a server: ``accepted`` its API, all of them where there is none; ``control`` its control paths."""

    accepted: Sequence[str] = ()
    control: str = ""

    def to_document(self) -> bytes:
        """One line for the server's standard input."""
        return (json.dumps(asdict(self)) + "\n").encode()


def read_keys(stream: TextIO | None = None) -> ServerKeys:
    """From one line of JSON on standard input.

    Raises:
        ValueError: the line is no such document.
    """
    document = json.loads((sys.stdin if stream is None else stream).readline())
    return ServerKeys(tuple(map(str, document["accepted"])), str(document["control"]))
