"""``/api/simulations``: start, list and follow simulations."""

import secrets
from datetime import UTC, datetime
from http import HTTPStatus

from api_config import config, config_in_force
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import remembered, scenarios, simulations
from request_parsing import text_of, token_of

from simcrm.hubspot.rate_limit.status import ask_portal_again
from simcrm.models.accepted_input import Accepted
from simcrm.models.simulation_ids import new_simulation_id
from simcrm.planning.time_mapping import resolve_span
from simcrm.planning.validate_input import check_simulation
from simcrm.storage.scenario_store import ScenariosAtOnce
from simcrm_lambda.cache import cache_of

router = Router()  # type: ignore[no-untyped-call]
ID_BITS = 30
LIST_SECONDS = 3
"""A page of the list reads the status of each of its rows; several viewers cost as much as one."""


@router.post("/api/simulations")
def start_simulation() -> Response[str]:
    """Start a simulation; it runs on after the answer."""
    named = ScenariosAtOnce(scenarios())
    request = check_simulation(text_of(router.current_event), config_in_force(), named)
    now = datetime.now(UTC)
    resolve_span(request, now)
    simulation_id = request.simulation_id or new_simulation_id(now, secrets.randbits(ID_BITS))
    ask_portal_again(cache_of(config()))
    accepted = Accepted.of(named.version(request.scenario))
    started = simulations().start(request, simulation_id, accepted)
    remembered().forget(_list_key(None))
    return answer(started, HTTPStatus.ACCEPTED)


@router.get("/api/simulations")
def list_simulations() -> Response[str]:
    """List simulations, the latest first."""
    token = token_of(router.current_event, "nextToken")
    return answer(remembered().ask(_list_key(token), LIST_SECONDS, lambda: simulations().page(token)))


def _list_key(token: str | None) -> str:
    return f"list:{token}"


@router.get("/api/simulations/<simulation_id>")
def get_simulation(simulation_id: str) -> Response[str]:
    """Describe one simulation."""
    return answer(simulations().describe(simulation_id, fresh=False))


@router.get("/api/simulations/<simulation_id>/metrics")
def get_simulation_metrics(simulation_id: str) -> Response[str]:
    """Give the counters of one simulation."""
    return answer(simulations().metrics(simulation_id, fresh=False))
