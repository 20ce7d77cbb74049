"""``/api/schedules``: schedules that start simulations."""

from datetime import UTC, datetime
from http import HTTPStatus

from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import schedules
from request_parsing import parse_body

from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import to_iso_utc
from simcrm.models.schedule import with_live_default
from simcrm.operations.schedule_expressions import normalize_expression
from simcrm.operations.schedules import ScheduleRequest

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/schedules")
def list_schedules() -> Response[str]:
    """List all schedules by name."""
    return ok_response(schedules().list_schedules(datetime.now(UTC)))


@router.post("/api/schedules")
def add_schedule() -> Response[str]:
    """Add a schedule; its input is validated as if started when the schedule first fires."""
    from preview_requests import preview_document  # noqa: PLC0415 - needs the generator, which a list of schedules does not

    request = parse_body(router.current_event, ScheduleRequest)
    when = normalize_expression(request.expression, request.timezone, datetime.now(UTC))
    try:
        run = preview_document(with_live_default(request.input), when.first)
    except InvalidSimulationError as error:
        raise InvalidSimulationError(f"input.{error.field}", error.problem) from error
    added = schedules().add(request, when)
    first = {"firesAt": to_iso_utc(when.first), "runSeconds": run["durationSeconds"]}
    return ok_response({**added, **first}, HTTPStatus.CREATED)


@router.delete("/api/schedules/<name>")
def remove_schedule(name: str) -> Response[str]:
    """Remove a schedule; runs that it started continue."""
    return ok_response(schedules().remove(name))
