"""Arguments that every server takes, and its secrets, which everybody on the machine could list as arguments."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass

_KEYS_OPTION = "--keys-from-stdin"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """Keys of a server: ``accepted`` for its API, where none means any key; ``control`` for its control paths."""

    accepted: Sequence[str] = ()
    control: str = ""

    def to_document(self) -> bytes:
        """Return one line for the server's standard input."""
        return (json.dumps(asdict(self)) + "\n").encode()


def server_command(package: str, port: int = 0) -> list[str]:
    """Return the command that runs a server with this interpreter; it reads its keys from standard input.

    Port 0 takes any free port.
    """
    return [sys.executable, "-m", package, "--port", str(port), _KEYS_OPTION]


def server_parser(package: str, description: str | None, keys: str) -> ArgumentParser:
    """Return a parser of what every server takes; ``keys`` is the plural of what opens its API."""
    parser = ArgumentParser(prog=package, description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(_KEYS_OPTION, action="store_true", help=f"{keys}, and a secret for the control paths")
    return parser


def read_keys(options: Namespace) -> ServerKeys:
    """Read the keys from one line of JSON on standard input, if the arguments say so.

    Raises:
        ValueError: the line is not JSON.
        KeyError: a field is missing.
    """
    if not options.keys_from_stdin:
        return ServerKeys()
    document = json.loads(sys.stdin.readline())
    return ServerKeys(tuple(map(str, document["accepted"])), str(document["control"]))
