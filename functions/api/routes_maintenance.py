"""``/api/simulations/{id}/...``: what can be done with a simulation that was run."""

from datetime import UTC, datetime
from http import HTTPStatus

from api_config import config
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import artifacts_of, simulations
from request_parsing import dry_run_of

from simcrm.core import aws_clients
from simcrm.hubspot.rate_limit.status import ask_portal_again
from simcrm.operations.run_actions import Maintenance
from simcrm_lambda.cache import cache_of

router = Router()  # type: ignore[no-untyped-call]


def _maintenance() -> Maintenance:
    return Maintenance(aws_clients.step_functions(), config().maintenance_machine_arn, simulations())


@router.post("/api/simulations/<simulation_id>/cleanup")
def clean_up(simulation_id: str) -> Response[str]:
    """Show what would be taken back; with ``dryRun`` false, begin."""
    dry_run = dry_run_of(router.current_event)
    if not dry_run:
        ask_portal_again(cache_of(config()))
    made = _maintenance().cleanup(artifacts_of(simulation_id), datetime.now(UTC), dry_run=dry_run)
    return answer(made, HTTPStatus.ACCEPTED if "job" in made else HTTPStatus.OK)


@router.post("/api/simulations/<simulation_id>/abort")
def abort(simulation_id: str) -> Response[str]:
    """Stop a run for good; what it leaves is ledgered after the answer."""
    return answer(_maintenance().abort(artifacts_of(simulation_id), datetime.now(UTC)), HTTPStatus.ACCEPTED)


@router.post("/api/simulations/<simulation_id>/resume")
def resume(simulation_id: str) -> Response[str]:
    """Let a failed run go on, or write again what was refused."""
    ask_portal_again(cache_of(config()))
    return answer(_maintenance().resume(artifacts_of(simulation_id), datetime.now(UTC)), HTTPStatus.ACCEPTED)
