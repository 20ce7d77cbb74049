"""``simcrm list``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.options import ApiUrl, AsJson, Token
from simcrm_cli.table_layout import print_rows

DEFAULT_LIMIT = 20
HEADER = ("simulation", "status", "records", "done", "started", "took")


def run(
    *,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number to show.")] = DEFAULT_LIMIT,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List the latest simulations."""
    with ApiClient(find_api_address(api_url, token)) as api:
        simulations = api.list_simulations(limit)
    output.show(
        {"ok": True, "simulations": simulations}, as_json=as_json, render=lambda console: _render(console, simulations)
    )


def _render(console: Console, simulations: list[dict[str, Any]]) -> None:
    if not simulations:
        console.print("No simulations yet: start one with `simcrm start --records 500`.", markup=False)
        return
    print_rows(console, HEADER, [_row(item) for item in simulations])


def _row(item: Mapping[str, Any]) -> tuple[str, ...]:
    records = f"{item.get('totalRecords') or 0:,}"
    done = f"{item.get('percentComplete') or 0:.0%}"
    status = f"{item['status']}, cleaned up" if item.get("takenBack") else item["status"]
    return (item["simulationId"], status, records, done, *times(item))


def times(simulation: Mapping[str, Any]) -> tuple[str, str]:
    """Return when a simulation started, and how long it took if it has ended."""
    started, ended = (simulation.get(name) for name in ("startedAt", "endedAt"))
    if not started:
        return "", ""
    begin = datetime.fromisoformat(started)
    took = f"{(datetime.fromisoformat(ended) - begin).total_seconds():,.0f} s" if ended else ""
    return f"{begin:%Y-%m-%d %H:%M}", took
