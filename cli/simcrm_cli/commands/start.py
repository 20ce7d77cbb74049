"""``simcrm start``."""

from typing import Annotated, Any

import typer

from simcrm_cli import output
from simcrm_cli.api import Api, find_address
from simcrm_cli.errors import ApiRefusedError, ApiUnreachableError
from simcrm_cli.long_runs import advice, end_of_long_run
from simcrm_cli.options import ApiUrl, AsJson, Timeout, Token
from simcrm_cli.simulation_input import merge
from simcrm_cli.simulation_options import takes_simulation
from simcrm_cli.watch import conclude, watch

ONE_DAY = 86_400


@takes_simulation
def run(
    *,
    simulation: dict[str, Any],
    simulation_id: Annotated[str | None, typer.Option(help="Starting twice with one id starts once.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the simulation to its end.")] = False,
    timeout: Timeout = ONE_DAY,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Start a simulation."""
    with Api(find_address(api_url, token)) as api:
        wanted = merge(simulation, {"simulationId": simulation_id})
        started = api.start(wanted)
        simulation_id = str(started["simulationId"])
        if not wait:
            said = f"{simulation_id} has started: follow it with `simcrm watch {simulation_id}`."
            output.show(started, as_json=as_json, render=lambda console: console.print(said, markup=False))
            return
        _warn_of_length(api, wanted | {"simulationId": simulation_id}, timeout)
        standing = watch(api, simulation_id, timeout=timeout)
    conclude(standing, as_json=as_json)


def _warn_of_length(api: Api, wanted: dict[str, Any], timeout: float) -> None:
    """Say before a long wait that it is one. What cannot be told is not told, because the run has started."""
    try:
        preview = api.preview(wanted)
    except (ApiRefusedError, ApiUnreachableError):
        return
    if (said := end_of_long_run(preview)) is not None:
        said += " " + advice(wanted["simulationId"], timeout, preview["durationSeconds"])
        output.messages().print(said, style="yellow", markup=False, soft_wrap=True)
