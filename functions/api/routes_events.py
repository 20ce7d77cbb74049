"""``/api/events`` and what could not be written: for whoever asks what happened."""

import re
from datetime import UTC, datetime

from api_config import config
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import artifacts_of, remembered, simulations
from request_parsing import number_of, token_of

from simcrm.core import aws_clients
from simcrm.core.errors import InvalidInputError
from simcrm.models.simulation_input import SIMULATION_ID
from simcrm.operations.log_search import EventLog
from simcrm.operations.refused_records import failures_page

router = Router()  # type: ignore[no-untyped-call]
EVENTS, MOST_EVENTS = 50, 200
KEPT_SECONDS = 5


@router.get("/api/events")
def list_events() -> Response[str]:
    """List what was logged lately, the newest first."""
    simulation_id = router.current_event.get_query_string_value("simulationId")
    if simulation_id is not None and re.fullmatch(SIMULATION_ID, simulation_id) is None:
        raise InvalidInputError("simulationId", "is no id of a simulation")
    limit = number_of(router.current_event, "limit")
    if limit is None:
        limit = EVENTS
    if not 1 <= limit <= MOST_EVENTS:
        raise InvalidInputError("limit", f"is not from 1 to {MOST_EVENTS}")
    found = remembered().ask(
        f"events:{simulation_id}:{limit}",
        KEPT_SECONDS,
        lambda: EventLog(aws_clients.logs(), config().log_group_prefix).latest(datetime.now(UTC), limit, simulation_id),
    )
    return answer(found)


@router.get("/api/simulations/<simulation_id>/failures")
def list_failures(simulation_id: str) -> Response[str]:
    """List what was refused, with the reasons, page by page."""
    simulations().require(simulation_id)
    page = failures_page(artifacts_of(simulation_id), token_of(router.current_event, "token"))
    return answer({"failures": page.rows, **({"nextToken": page.next_token} if page.next_token else {})})
