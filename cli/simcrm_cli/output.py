"""Where commands write: results to standard output, all else to standard error."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from simcrm_cli.standard_streams import is_unicode

Document = Mapping[str, Any]
MIN_WIDTH = 20
"""Columns of a card in which there is room for words; what says that a terminal has fewer is not believed."""


def results() -> Console:
    """Standard output, for people. Only tables and cards are fitted to its width: lines are left to the terminal.

    Without names of emoji: ``:ticket:`` in a record's key would become one.
    """
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    console.width = max(console.width, MIN_WIDTH)
    return console


def messages() -> Console:
    """Standard error: progress and errors, also beside ``--json``."""
    return Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


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
    """The one document of ``--json``; what standard output cannot encode is escaped as JSON does it."""
    sys.stdout.write(json.dumps(document, ensure_ascii=not is_unicode()) + "\n")
    sys.stdout.flush()


def print_to_copy(console: Console, label: str, value: str) -> None:
    """A token, an address or a command, whole and on a line of its own."""
    console.print(f"{label}:", style="dim", markup=False)
    console.print(value, markup=False)
