"""``simcrm resume``."""

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Token

MESSAGES = {
    "continue": "{0} continues where it failed: follow it with `simcrm watch {0}`.",
    "repair": "Refused records of {0} are being retried: see `simcrm export {0}`.",
    "nothing": "{0} has nothing to resume.",
}


def run(simulation_id: SimulationId, *, api_url: ApiUrl = None, token: Token = None, as_json: AsJson = False) -> None:
    """Let a failed simulation go on, or try again what the portal refused."""
    with ApiClient(find_api_address(api_url, token)) as api:
        document = api.resume(simulation_id)
    message = MESSAGES[document["action"]].format(simulation_id)
    output.show(document, as_json=as_json, render=lambda console: console.print(message, markup=False))
