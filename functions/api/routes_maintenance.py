"""``/api/simulations/{id}/...``: clean up, abort and resume simulations."""

from datetime import UTC, datetime
from http import HTTPStatus

from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import clear_daily_limit, open_files, run_actions
from request_parsing import is_dry_run

router = Router()  # type: ignore[no-untyped-call]


@router.post("/api/simulations/<simulation_id>/cleanup")
def clean_up(simulation_id: str) -> Response[str]:
    """Show what a clean-up would archive; if ``dryRun`` is false, start it."""
    dry_run = is_dry_run(router.current_event)
    if not dry_run:
        clear_daily_limit()
    made = run_actions().cleanup(open_files(simulation_id), datetime.now(UTC), dry_run=dry_run)
    return ok_response(made, HTTPStatus.ACCEPTED if "job" in made else HTTPStatus.OK)


@router.post("/api/simulations/<simulation_id>/abort")
def abort(simulation_id: str) -> Response[str]:
    """Stop a run permanently; what it leaves unwritten is recorded in the ledger after the response."""
    return ok_response(run_actions().abort(open_files(simulation_id), datetime.now(UTC)), HTTPStatus.ACCEPTED)


@router.post("/api/simulations/<simulation_id>/resume")
def resume(simulation_id: str) -> Response[str]:
    """Continue a failed run, or retry what was refused."""
    clear_daily_limit()
    return ok_response(run_actions().resume(open_files(simulation_id), datetime.now(UTC)), HTTPStatus.ACCEPTED)
