"""``simcrm watch``."""

from simcrm_cli.api import Api, find_address
from simcrm_cli.options import ApiUrl, AsJson, SimulationId, Timeout, Token
from simcrm_cli.watch import conclude, watch

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
    with Api(find_address(api_url, token)) as api:
        standing = watch(api, simulation_id, timeout=timeout)
    conclude(standing, as_json=as_json)
