"""``/api/boss``: what only a boss may see and change."""

from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from services import config

from simcrm import aws
from simcrm.control.dead_letters import dead_letters

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/boss/dlq")
def list_dead_letters() -> Response[str]:
    """Count the messages that were given up and show the latest."""
    return answer(dead_letters(aws.s3(), config().bucket_name))
