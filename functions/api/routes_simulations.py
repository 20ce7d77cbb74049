"""``/api/simulations``: start, list and follow simulations."""

import secrets
from datetime import UTC, datetime
from http import HTTPStatus

from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from bodies import text_of
from services import config as all_config
from services import config_in_force, remembered, scenarios, settings_in_force, simulations

from simcrm.ai.settings import applied, completed
from simcrm.checks import check_simulation
from simcrm.control.ids import new_simulation_id
from simcrm.plan.span import resolve_span
from simcrm.preview.preview import Setting, preview_simulation
from simcrm.scenarios import resolved
from simcrm_lambda.secrets import load_secrets

router = Router()  # type: ignore[no-untyped-call]
ID_BITS = 30
LIST_SECONDS = 3
"""A page of the list asks Step Functions about each of its rows; several viewers cost as much as one."""


@router.post("/api/simulations")
def start_simulation() -> Response[str]:
    """Start a simulation; it runs on after the answer."""
    request = check_simulation(text_of(router.current_event), config_in_force(), scenarios())
    now = datetime.now(UTC)
    resolve_span(request, now)
    simulation_id = request.simulation_id or new_simulation_id(now, secrets.randbits(ID_BITS))
    started = simulations().start(request, simulation_id)
    remembered().forget(_list_key(None))
    return answer(started, HTTPStatus.ACCEPTED)


@router.post("/api/simulations/preview")
def preview() -> Response[str]:
    """Say what a simulation would do; nothing is started."""
    settings, named = settings_in_force(), scenarios()
    config = applied(all_config(), settings)
    given = check_simulation(text_of(router.current_event), config, named)
    request = completed(resolved(given, named), settings.limits)
    provider = request.ai.provider or config.ai_provider
    key = getattr(load_secrets(config.secret_arn), f"{provider}_api_key", None)
    return answer(preview_simulation(request, Setting(config, has_key=key != ""), datetime.now(UTC)))


@router.get("/api/simulations")
def list_simulations() -> Response[str]:
    """List simulations, the latest first."""
    token = router.current_event.get_query_string_value("nextToken")
    return answer(remembered().ask(_list_key(token), LIST_SECONDS, lambda: simulations().page(token)))


def _list_key(token: str | None) -> str:
    return f"list:{token}"


@router.get("/api/simulations/<simulation_id>")
def get_simulation(simulation_id: str) -> Response[str]:
    """Describe one simulation."""
    return answer(simulations().describe(simulation_id))


@router.get("/api/simulations/<simulation_id>/metrics")
def get_simulation_metrics(simulation_id: str) -> Response[str]:
    """Give the counters of one simulation."""
    return answer(simulations().metrics(simulation_id))
