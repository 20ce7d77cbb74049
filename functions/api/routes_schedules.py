"""``/api/schedules``: simulations that start by themselves."""

from datetime import UTC, datetime
from http import HTTPStatus

from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from bodies import body_of
from services import scenarios
from settings import config, config_in_force

from simcrm import aws
from simcrm.checks import check_simulation
from simcrm.control.schedules import ScheduleRequest, Schedules
from simcrm.errors import InvalidSimulationError

router = Router()  # type: ignore[no-untyped-call]


def _schedules() -> Schedules:
    kept = config()
    return Schedules(
        aws.scheduler(),
        kept.schedule_group,
        kept.state_machine_arn,
        kept.schedule_role_arn,
        kept.schedule_dead_letter_arn,
    )


@router.get("/api/schedules")
def list_schedules() -> Response[str]:
    """List all schedules by name."""
    return answer(_schedules().all())


@router.post("/api/schedules")
def add_schedule() -> Response[str]:
    """Add a schedule; its input is checked as if it were started now."""
    request = body_of(router.current_event, ScheduleRequest)
    try:
        check_simulation(request.input, config_in_force(), scenarios())
    except InvalidSimulationError as error:
        raise InvalidSimulationError(f"input.{error.field}", error.problem) from error
    return answer(_schedules().add(request, datetime.now(UTC)), HTTPStatus.CREATED)


@router.delete("/api/schedules/<name>")
def remove_schedule(name: str) -> Response[str]:
    """Remove a schedule; what it has started runs on."""
    return answer(_schedules().remove(name))
