"""``/api/events`` and ``/api/simulations/{id}/failures``: what was logged, and what could not be written."""

import re
from datetime import UTC, datetime

from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import log_search, open_files, response_cache, simulations
from request_parsing import limit_parameter, token_parameter

from simcrm.core.errors import InvalidInputError
from simcrm.models.simulation_input import SIMULATION_ID_PATTERN
from simcrm.operations.refused_records import refused_page

router = Router()  # type: ignore[no-untyped-call]
DEFAULT_EVENTS, MAX_EVENTS = 50, 200
CACHE_SECONDS = 5


@router.get("/api/events")
def list_events() -> Response[str]:
    """List recent log events, newest first."""
    simulation_id = router.current_event.get_query_string_value("simulationId")
    if simulation_id is not None and re.fullmatch(SIMULATION_ID_PATTERN, simulation_id) is None:
        raise InvalidInputError("simulationId", "is not a simulation id")
    limit = limit_parameter(router.current_event, MAX_EVENTS) or DEFAULT_EVENTS
    document = response_cache().get_or_compute(
        f"events:{simulation_id}:{limit}",
        CACHE_SECONDS,
        lambda: log_search().latest(datetime.now(UTC), limit, simulation_id),
    )
    return ok_response(document)


@router.get("/api/simulations/<simulation_id>/failures")
def list_failures(simulation_id: str) -> Response[str]:
    """List the refused objects with the reasons, page by page."""
    simulations().require(simulation_id)
    page = refused_page(open_files(simulation_id), token_parameter(router.current_event, "token"))
    return ok_response({"failures": page.rows, **({"nextToken": page.next_token} if page.next_token else {})})
