"""``simcrm start``."""

from typing import Annotated, Any

import typer

from simcrm_cli import output
from simcrm_cli.api import ApiClient, find_api_address
from simcrm_cli.errors import ApiRequestError, ApiUnreachableError
from simcrm_cli.long_runs import advice, describe_long_run
from simcrm_cli.options import ApiUrl, AsJson, Timeout, Token
from simcrm_cli.simulation_input import merge
from simcrm_cli.simulation_options import takes_simulation
from simcrm_cli.watch import print_result, watch_simulation

ONE_DAY = 86_400


@takes_simulation
def run(
    *,
    simulation: dict[str, Any],
    simulation_id: Annotated[
        str | None, typer.Option(help="Starting twice with the same id starts one simulation.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the simulation to end.")] = False,
    timeout: Timeout = ONE_DAY,
    api_url: ApiUrl = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Start a simulation."""
    with ApiClient(find_api_address(api_url, token)) as api:
        simulation_input = merge(simulation, {"simulationId": simulation_id})
        started = api.start(simulation_input)
        simulation_id = str(started["simulationId"])
        if not wait:
            message = f"{simulation_id} has started: follow it with `simcrm watch {simulation_id}`."
            output.show(started, as_json=as_json, render=lambda console: console.print(message, markup=False))
            return
        _warn_of_length(api, simulation_input | {"simulationId": simulation_id}, timeout)
        status = watch_simulation(api, simulation_id, timeout=timeout)
    print_result(status, as_json=as_json)


def _warn_of_length(api: ApiClient, simulation_input: dict[str, Any], timeout: float) -> None:
    """Warn before a long wait. If the preview fails, stay silent, because the run has already started."""
    try:
        preview = api.preview(simulation_input)
    except (ApiRequestError, ApiUnreachableError):
        return
    if (message := describe_long_run(preview)) is not None:
        message += " " + advice(simulation_input["simulationId"], timeout, preview["durationSeconds"])
        output.messages().print(message, style="yellow", markup=False, soft_wrap=True)
