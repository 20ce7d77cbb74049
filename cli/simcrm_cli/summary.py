"""Result of a simulation as a table."""

from rich.table import Table

from simcrm_cli.simulation_status import OBJECT_NAMES, SimulationStatus


def summary_table(status: SimulationStatus, seconds: float | None = None) -> Table:
    """Return counts by object type, failures and effort; ``seconds`` is the time it took."""
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name in OBJECT_NAMES:
        table.add_row(name, f"{status.counts[name]:,}")
    table.add_section()
    if status.document.get("mode"):
        table.add_row("mode", status.document["mode"])
    table.add_row("failed", f"{status.failed:,}", style="red" if status.failed else None)
    if status.document.get("skipped"):
        table.add_row("left to people", f"{status.document['skipped']:,}")
    if status.missing:
        table.add_row("never generated", f"{status.missing:,}", style="red")
    table.add_row("HubSpot calls", f"{status.hubspot_calls:,}")
    for name, scopes in (status.document.get("omitted") or {}).items():
        table.add_row(f"{name} omitted", f"grant {', '.join(scopes)}" if scopes else "forbidden", style="yellow")
    currency = status.document.get("currency") or {}
    if currency.get("convertedFrom"):
        said = f"from {currency['convertedFrom']}, at the average rate of {currency['rateYear']}"
        table.add_row(f"amounts converted to {currency['code']}", said, style="yellow")
    if seconds is not None:
        table.add_row("seconds", f"{seconds:,.1f}")
    return table
