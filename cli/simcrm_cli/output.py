"""Where commands write: results to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from simcrm_cli.standard_streams import is_unicode

Document = Mapping[str, Any]
MIN_WIDTH = 20
"""Minimum columns for a readable card; a smaller reported terminal width is ignored."""


def results() -> Console:
    """Return standard output, for people; only tables and cards are fitted to its width, the terminal wraps lines.

    Emoji names are off: ``:ticket:`` in a record's key would become an emoji.
    """
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    console.width = max(console.width, MIN_WIDTH)
    return console


def messages() -> Console:
    """Return standard error, for progress and errors, also with ``--json``."""
    return Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def report(message: str) -> None:
    """Report what is being done."""
    messages().print(f"{message} ...", markup=False)


def show(document: Document, *, as_json: bool, render: Callable[[Console], None]) -> None:
    """Print a result as a JSON document, or as ``render`` shows it to people."""
    if as_json:
        print_json(document)
    else:
        render(results())


def print_json(document: Document) -> None:
    """Print the one document of ``--json``; characters that standard output cannot encode are escaped."""
    sys.stdout.write(json.dumps(document, ensure_ascii=not is_unicode()) + "\n")
    sys.stdout.flush()


def print_to_copy(console: Console, label: str, value: str) -> None:
    """Print a token, an address or a command unwrapped on its own line."""
    console.print(f"{label}:", style="dim", markup=False)
    console.print(value, markup=False)
