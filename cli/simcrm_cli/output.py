"""Where commands write: results to standard output, all else to standard error."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

Document = Mapping[str, Any]


def results() -> Console:
    """Standard output, for people."""
    return Console(highlight=False)


def messages() -> Console:
    """Standard error: progress and errors, also beside ``--json``."""
    return Console(stderr=True, highlight=False)


def report(message: str) -> None:
    """Say what is being done."""
    messages().print(f"{message} ...", markup=False)


def show(document: Document, *, as_json: bool, render: Callable[[Console], None]) -> None:
    """Print a result as one JSON document, or as ``render`` shows it to people."""
    if as_json:
        print_json(document)
    else:
        render(results())


def print_json(document: Document) -> None:
    """The one document of ``--json``."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()
