"""``simcrm list``."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from simcrm_cli import output
from simcrm_cli.api import Api, find_address
from simcrm_cli.options import ApiUrl, AsJson, Token

DEFAULT_LIMIT = 20
_TO_SECONDS = 19


def run(
    *,
    limit: Annotated[int, typer.Option(min=1, help="The most to show.")] = DEFAULT_LIMIT,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List the latest simulations."""
    with Api(find_address(api_url, token)) as api:
        simulations = api.simulations(limit)
    output.show(
        {"ok": True, "simulations": simulations}, as_json=as_json, render=lambda console: _render(console, simulations)
    )


def _render(console: Console, simulations: list[dict[str, Any]]) -> None:
    if not simulations:
        console.print("No simulations yet: start one with `simcrm start --records 500`.", markup=False)
        return
    table = Table("simulation", "status", "records", "done", "started", "ended")
    for item in simulations:
        records = f"{item.get('totalRecords') or 0:,}"
        done = f"{item.get('percentComplete') or 0:.0f} %"
        times = [str(item.get(name) or "")[:_TO_SECONDS] for name in ("startedAt", "endedAt")]
        table.add_row(item["simulationId"], item["status"], records, done, *times)
    console.print(table)
