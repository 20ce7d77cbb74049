"""``/api/schedules``: simulations that start by themselves."""

from datetime import UTC, datetime
from http import HTTPStatus

from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from bodies import body_of
from services import config_in_force, scenarios, schedules

from simcrm.checks import check_simulation
from simcrm.control.schedules import ScheduleRequest
from simcrm.errors import InvalidSimulationError

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/schedules")
def list_schedules() -> Response[str]:
    """List all schedules by name."""
    return answer(schedules().all())


@router.post("/api/schedules")
def add_schedule() -> Response[str]:
    """Add a schedule; its input is checked as if it were started now."""
    request = body_of(router.current_event, ScheduleRequest)
    try:
        check_simulation(request.input, config_in_force(), scenarios())
    except InvalidSimulationError as error:
        raise InvalidSimulationError(f"input.{error.field}", error.problem) from error
    return answer(schedules().add(request, datetime.now(UTC)), HTTPStatus.CREATED)


@router.delete("/api/schedules/<name>")
def remove_schedule(name: str) -> Response[str]:
    """Remove a schedule; what it has started runs on."""
    return answer(schedules().remove(name))
