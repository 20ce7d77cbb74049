"""``/api/simulations``: start, list and monitor simulations."""

import secrets
from datetime import UTC, datetime
from http import HTTPStatus

from api_config import current_config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import clear_daily_limit, response_cache, scenario_store, simulations
from request_parsing import read_text, token_parameter

from simcrm.models.accepted_input import AcceptedInput
from simcrm.models.simulation_ids import new_simulation_id
from simcrm.planning.resolved_input import DeploymentSettings, resolve_input
from simcrm.planning.time_mapping import resolve_simulated_span

router = Router()  # type: ignore[no-untyped-call]
ID_BITS = 30
LIST_SECONDS = 3
"""A page of the list reads the status of each row; the cache makes several viewers cost as much as one."""


@router.post("/api/simulations")
def start_simulation() -> Response[str]:
    """Start a simulation; it keeps running after the response."""
    here = current_config()
    settings = DeploymentSettings(here, scenarios=scenario_store(), endpoints=here)
    resolved = resolve_input(read_text(router.current_event), settings)
    request = resolved.original
    now = datetime.now(UTC)
    resolve_simulated_span(request, now)
    simulation_id = request.simulation_id or new_simulation_id(now, secrets.randbits(ID_BITS))
    clear_daily_limit()
    accepted = AcceptedInput.from_scenario_version(resolved.scenario_version)
    started = simulations().start(request, simulation_id, accepted)
    response_cache().delete(_list_key(None))
    return ok_response(started, HTTPStatus.ACCEPTED)


@router.get("/api/simulations")
def list_simulations() -> Response[str]:
    """List simulations, latest first."""
    token = token_parameter(router.current_event, "nextToken")
    return ok_response(
        response_cache().get_or_compute(_list_key(token), LIST_SECONDS, lambda: simulations().list_page(token))
    )


def _list_key(token: str | None) -> str:
    return f"list:{token}"


@router.get("/api/simulations/<simulation_id>")
def get_simulation(simulation_id: str) -> Response[str]:
    """Describe one simulation."""
    return ok_response(simulations().describe(simulation_id, consistent=False))


@router.get("/api/simulations/<simulation_id>/metrics")
def get_simulation_metrics(simulation_id: str) -> Response[str]:
    """Return the metrics of one simulation."""
    return ok_response(simulations().metrics(simulation_id, consistent=False))
