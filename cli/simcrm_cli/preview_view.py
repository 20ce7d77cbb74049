"""Show a preview to people: the curve as bars, the objects, and the effort."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from simcrm_cli.limits_view import first_limit
from simcrm_cli.long_runs import describe_long_run
from simcrm_cli.table_layout import print_table

LEVELS = " ▁▂▃▄▅▆▇█"
ASCII_LEVELS = " .:-=+*%#"
CHART_ROWS = 5
_NAMES = {"stageChanges": "stage changes"}
_DATE = 16


def print_preview(console: Console, document: Mapping[str, Any]) -> None:
    """Print the API's preview."""
    bins = _to_width([part["records"] for part in document["histogram"]], console.width)
    levels = ASCII_LEVELS if console.options.ascii_only else LEVELS
    for line in plot(bins, levels=levels):
        console.print(line, markup=False)
    span, days = document["span"], document["span"]["days"]
    ends = f"{span['startTime'][:_DATE]} to {span['endTime'][:_DATE]}, {days:,.0f} days"
    console.print(f"{ends}, at most {max(bins):,} records a bar", style="dim", markup=False)
    print_table(console, _table(document))
    if limits := document.get("limits"):
        said = first_limit(limits)
        console.print(f"{said[0].upper()}{said[1:]}", markup=False, soft_wrap=True)
    if (long := describe_long_run(document)) is not None:
        console.print(long, style="yellow", markup=False, soft_wrap=True)
    for warning in document["warnings"]:
        console.print(f"Note: {warning}", style="yellow", markup=False, soft_wrap=True)


def plot(values: Sequence[int], rows: int = CHART_ROWS, levels: str = LEVELS) -> list[str]:
    """Plot values as columns in eighths of a row; the largest fills all rows, and any value above 0 is visible."""
    top, steps = max(*values, 1), len(levels) - 1
    heights = [-(-value * rows * steps // top) for value in values]
    return [
        "".join(levels[max(0, min(height - row * steps, steps))] for height in heights) for row in reversed(range(rows))
    ]


def _to_width(values: Sequence[int], width: int) -> list[int]:
    """Add up neighbouring values until each has a column."""
    together = -(-len(values) // max(width, 1))
    return [sum(values[begin : begin + together]) for begin in range(0, len(values), together)]


def _table(document: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in document["counts"].items():
        table.add_row(_NAMES.get(name, name), f"{count:,}")
    table.add_section()
    for label, value in _effort_rows(document).items():
        table.add_row(label, value)
    return table


def _effort_rows(document: Mapping[str, Any]) -> dict[str, str]:
    rows = {"mode": str(document["mode"])} if "mode" in document else {}
    rows |= {
        "batches": f"{document['batches']:,}",
        "HubSpot calls": f"{document['hubspotCalls']:,}",
        "model calls": f"{document['aiCalls']:,}",
        "the model, USD": f"{document['aiCostUsd']:,.2f}",
    }
    if "awsCostUsd" in document:
        rows["AWS, USD"] = f"{document['awsCostUsd']:,.2f}"
    return rows | {"takes about": str(timedelta(seconds=round(document["durationSeconds"])))}
