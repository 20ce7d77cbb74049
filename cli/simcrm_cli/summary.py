"""What a simulation has done, as a table."""

from rich.table import Table

from simcrm_cli.simulation_status import OBJECT_TYPES, Standing


def summary_table(standing: Standing, seconds: float | None = None) -> Table:
    """Counts by object type, failures and effort; ``seconds`` is the time it took."""
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name in OBJECT_TYPES:
        table.add_row(name, f"{standing.counts[name]:,}")
    table.add_section()
    if standing.document.get("mode"):
        table.add_row("mode", standing.document["mode"])
    table.add_row("failed", f"{standing.failed:,}", style="red" if standing.failed else None)
    if standing.missing:
        table.add_row("never made", f"{standing.missing:,}", style="red")
    table.add_row("HubSpot calls", f"{standing.hubspot_calls:,}")
    if seconds is not None:
        table.add_row("seconds", f"{seconds:,.1f}")
    return table
