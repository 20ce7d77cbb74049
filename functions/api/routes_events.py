"""``/api/events`` and ``/api/simulations/{id}/failures``: what was logged, and what could not be written."""

import re
from datetime import UTC, datetime

from api_config import config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import open_files, response_cache, simulations
from request_parsing import number_parameter, token_parameter

from simcrm.core import aws_clients
from simcrm.core.errors import InvalidInputError
from simcrm.models.simulation_input import SIMULATION_ID_PATTERN
from simcrm.operations.log_search import LogSearch
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
    limit = number_parameter(router.current_event, "limit")
    if limit is None:
        limit = DEFAULT_EVENTS
    if not 1 <= limit <= MAX_EVENTS:
        raise InvalidInputError("limit", f"must be from 1 to {MAX_EVENTS}")
    document = response_cache().get_or_compute(
        f"events:{simulation_id}:{limit}",
        CACHE_SECONDS,
        lambda: LogSearch(aws_clients.logs(), config().log_group_prefix).latest(
            datetime.now(UTC), limit, simulation_id
        ),
    )
    return ok_response(document)


@router.get("/api/simulations/<simulation_id>/failures")
def list_failures(simulation_id: str) -> Response[str]:
    """List the refused objects with the reasons, page by page."""
    simulations().require(simulation_id)
    page = refused_page(open_files(simulation_id), token_parameter(router.current_event, "token"))
    return ok_response({"failures": page.rows, **({"nextToken": page.next_token} if page.next_token else {})})
