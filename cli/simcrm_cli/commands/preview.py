"""``simcrm preview``."""

from typing import Any

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.options import ApiUrl, AsJson, Token
from simcrm_cli.preview_view import print_preview
from simcrm_cli.simulation_options import takes_simulation


@takes_simulation
def run(
    *,
    simulation: dict[str, Any],
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show what a simulation would do, without starting it."""
    with ApiClient(find_api_address(api_url, token)) as api:
        document = api.preview(simulation)
    output.show(document, as_json=as_json, render=lambda console: print_preview(console, document))
