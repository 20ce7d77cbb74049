"""``simcrm abort``."""

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Token


def run(simulation_id: SimulationId, *, api_url: ApiUrl = None, token: Token = None, as_json: AsJson = False) -> None:
    """Stop a simulation for good; nothing is written from then on."""
    with ApiClient(find_api_address(api_url, token)) as api:
        document = api.abort(simulation_id)
    message = f"{simulation_id} was aborted: archive what it has written with `simcrm cleanup {simulation_id}`."
    output.show(document, as_json=as_json, render=lambda console: console.print(message, markup=False))
