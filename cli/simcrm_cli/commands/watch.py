"""``simcrm watch``."""

from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Timeout, Token
from simcrm_cli.watch import print_result, watch_simulation

ONE_DAY = 86_400


def run(
    simulation_id: SimulationId,
    *,
    timeout: Timeout = ONE_DAY,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Follow a simulation to its end."""
    with ApiClient(find_api_address(api_url, token)) as api:
        status = watch_simulation(api, simulation_id, timeout=timeout)
    print_result(status, as_json=as_json)
