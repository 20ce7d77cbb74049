"""``simcrm metrics``."""

from typing import Any

from rich.console import Console

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Token
from simcrm_cli.table_layout import print_pairs


def run(simulation_id: SimulationId, *, api_url: ApiUrl = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show the counters of a simulation."""
    with ApiClient(find_api_address(api_url, token)) as api:
        document = api.get_metrics(simulation_id)
    output.show(document, as_json=as_json, render=lambda console: _render(console, document))


def _render(console: Console, document: dict[str, Any]) -> None:
    console.print(f"{document['simulationId']}: {document['status']}", markup=False)
    for title in ("metrics", "aiGeneration"):
        counters = (document.get(title) or {}).items()
        print_pairs(console, [(name, "" if value is None else str(value)) for name, value in counters], title)
