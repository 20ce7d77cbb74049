"""``/api/schedules``: simulations that start by themselves."""

from datetime import UTC, datetime
from http import HTTPStatus

from api_config import config
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from request_parsing import body_of

from simcrm.core import aws_clients
from simcrm.core.errors import InvalidSimulationError
from simcrm.core.timestamps import iso_utc
from simcrm.models.schedule import scheduled
from simcrm.operations.schedule_expressions import firing
from simcrm.operations.schedules import ScheduleRequest, Schedules

router = Router()  # type: ignore[no-untyped-call]


def _schedules() -> Schedules:
    kept = config()
    return Schedules(
        aws_clients.scheduler(),
        kept.schedule_group,
        kept.state_machine_arn,
        kept.schedule_role_arn,
        kept.schedule_dead_letter_arn,
    )


@router.get("/api/schedules")
def list_schedules() -> Response[str]:
    """List all schedules by name."""
    return answer(_schedules().all(datetime.now(UTC)))


@router.post("/api/schedules")
def add_schedule() -> Response[str]:
    """Add a schedule; its input is checked as if it were started at the first firing."""
    from preview_requests import previewed  # noqa: PLC0415 - needs the generator, which a list of schedules does not

    request = body_of(router.current_event, ScheduleRequest)
    when = firing(request.expression, request.timezone, datetime.now(UTC))
    try:
        run = previewed(scheduled(request.input), when.first)
    except InvalidSimulationError as error:
        raise InvalidSimulationError(f"input.{error.field}", error.problem) from error
    added = _schedules().add(request, when)
    first = {"firesAt": iso_utc(when.first), "runSeconds": run["durationSeconds"]}
    return answer({**added, **first}, HTTPStatus.CREATED)


@router.delete("/api/schedules/<name>")
def remove_schedule(name: str) -> Response[str]:
    """Remove a schedule; what it has started runs on."""
    return answer(_schedules().remove(name))
