"""``/api/simulations/{id}/...``: what can be done with a simulation that was run."""

from datetime import UTC, datetime
from http import HTTPStatus

from answers import answer, text
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from bodies import dry_run_of
from services import artifacts_of, simulations
from settings import config

from simcrm import aws
from simcrm.control.maintenance import Maintenance
from simcrm.errors import InvalidSimulationError, SimulationNotFoundError
from simcrm.maintenance.export import as_csv, as_jsonl, export_page

router = Router()  # type: ignore[no-untyped-call]
FORMATS = ("jsonl", "csv")


def _maintenance() -> Maintenance:
    return Maintenance(aws.step_functions(), config().maintenance_machine_arn, simulations())


@router.post("/api/simulations/<simulation_id>/cleanup")
def clean_up(simulation_id: str) -> Response[str]:
    """Show what would be taken back; with ``dryRun`` false, begin."""
    dry_run = dry_run_of(router.current_event)
    made = _maintenance().cleanup(artifacts_of(simulation_id), dry_run=dry_run)
    return answer(made, HTTPStatus.OK if dry_run else HTTPStatus.ACCEPTED)


@router.post("/api/simulations/<simulation_id>/abort")
def abort(simulation_id: str) -> Response[str]:
    """Stop a run for good; what it leaves is ledgered after the answer."""
    return answer(_maintenance().abort(artifacts_of(simulation_id), datetime.now(UTC)), HTTPStatus.ACCEPTED)


@router.post("/api/simulations/<simulation_id>/resume")
def resume(simulation_id: str) -> Response[str]:
    """Let a failed run go on, or write again what was refused."""
    return answer(_maintenance().resume(artifacts_of(simulation_id)), HTTPStatus.ACCEPTED)


@router.get("/api/simulations/<simulation_id>/records")
def export_records(simulation_id: str) -> Response[str]:
    """Give a page of objects as JSON lines or CSV; the header ``X-Next-Token`` names the next one."""
    wanted = router.current_event.get_query_string_value("format") or FORMATS[0]
    token = router.current_event.get_query_string_value("token")
    if wanted not in FORMATS:
        raise InvalidSimulationError("format", f"is none of {', '.join(FORMATS)}")
    simulations().describe(simulation_id, fresh=False)
    try:
        page = export_page(artifacts_of(simulation_id), token)
    except LookupError as error:
        raise SimulationNotFoundError(simulation_id) from error
    body = as_jsonl(page.rows) if wanted == "jsonl" else as_csv(page.rows, header=token is None)
    return text(body, f"text/{wanted}; charset=utf-8", {"X-Next-Token": page.next_token or ""})
