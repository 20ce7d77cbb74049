"""``POST /api/simulations/preview``: what a simulation would do."""

from datetime import UTC, datetime

from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from preview_requests import previewed
from request_parsing import text_of

router = Router()  # type: ignore[no-untyped-call]


@router.post("/api/simulations/preview")
def preview() -> Response[str]:
    """Say what a simulation would do; nothing is started."""
    return answer(previewed(text_of(router.current_event), datetime.now(UTC)))
