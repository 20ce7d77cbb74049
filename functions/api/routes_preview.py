"""``POST /api/simulations/preview``: what a simulation would do."""

from datetime import UTC, datetime

from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from preview_requests import preview_document
from request_parsing import read_text

router = Router()  # type: ignore[no-untyped-call]


@router.post("/api/simulations/preview")
def preview() -> Response[str]:
    """Report what a simulation would do; nothing is started."""
    return ok_response(preview_document(read_text(router.current_event), datetime.now(UTC)))
