"""Tables if there is room for them, otherwise the same as lines; nothing is truncated."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

Row = Sequence[str]


def print_rows(console: Console, header: Row, rows: Sequence[Row]) -> None:
    """Print rows whose first cell is worth copying, such as an id; always as a table if not on a terminal."""
    table = Table(*(Column(name, no_wrap=True) for name in header), box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(*map(Text, row))
    if _has_room(console, table):
        print_table(console, table)
        return
    for first, *others in rows:
        console.print(first, markup=False)
        for name, cell in zip(header[1:], others, strict=True):
            console.print(f"  {name}: {cell}", markup=False)


def print_pairs(console: Console, pairs: Sequence[tuple[str, str]], title: str | None = None) -> None:
    """Print names with their values."""
    table = Table(
        Column(no_wrap=True), Column(no_wrap=True), title=title and Text(title), title_justify="left", show_header=False
    )
    for pair in pairs:
        table.add_row(*map(Text, pair))
    if _has_room(console, table):
        print_table(console, table)
        return
    if title:
        console.print(title, markup=False)
    for name, value in pairs:
        console.print(f"  {name}: {value}", markup=False)


def print_table(console: Console, table: Table) -> None:
    """Print a table at its natural width, even if the console is narrower."""
    width, console.width = console.width, max(console.width, natural_width(console, table))
    try:
        console.print(table, soft_wrap=False)
    finally:
        console.width = width


def natural_width(console: Console, table: Table) -> int:
    """Return the number of columns that a table needs without truncation."""
    return console.measure(table, options=console.options.update(max_width=10_000)).maximum


def _has_room(console: Console, table: Table) -> bool:
    return not console.is_terminal or natural_width(console, table) <= console.width
