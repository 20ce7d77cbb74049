"""``simcrm cleanup``."""

import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from simcrm_cli import output
from simcrm_cli.api import Api, find_address
from simcrm_cli.errors import StillRunningError
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Timeout, Token
from simcrm_cli.tables import print_table

ONE_DAY = 86_400
POLL_SECONDS = 2.0


def run(
    simulation_id: SimulationId,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Take the records back, instead of showing which.")] = False,
    timeout: Timeout = ONE_DAY,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Take a simulation's records back from the portal."""
    with Api(find_address(api_url, token)) as api:
        document = api.clean_up(simulation_id, dry_run=not yes)
        if yes:
            document = {**document, "cleanup": _follow(api, simulation_id, document["job"], timeout)}
    output.show(document, as_json=as_json, render=lambda console: _render(console, document))


def _follow(api: Api, simulation_id: str, job: str, timeout: float) -> dict[str, Any]:
    """How the clean-up ended; the end of an older one is none of this one."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        progress: dict[str, Any] = api.simulation(simulation_id).get("cleanup") or {}
        if progress.get("done") and progress["job"] >= job:
            return progress
    raise StillRunningError(simulation_id, timeout)


def _render(console: Console, document: dict[str, Any]) -> None:
    simulation_id = document["simulationId"]
    archived = (document.get("cleanup") or {}).get("archived")
    table = Table(show_header=False, box=None, pad_edge=False)
    for kind, count in (document["counts"] if archived is None else archived).items():
        examples = ", ".join(row["key"] for row in document["samples"].get(kind, []))
        table.add_row(kind, f"{count:,}", examples if archived is None else "")
    print_table(console, table)
    if archived is not None:
        console.print(f"{simulation_id} was taken back.", markup=False)
    else:
        said = f"These {document['total']:,} records would be archived: `simcrm cleanup {simulation_id} --yes`."
        console.print(said, markup=False)
