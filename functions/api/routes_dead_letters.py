"""``/api/boss/dlq``: the dead letters, which only a boss may see and replay."""

from api_config import config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from request_parsing import is_dry_run

from simcrm.core import aws_clients
from simcrm.operations.dead_letters import replay_letters, summarize_dead_letters

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/boss/dlq")
def list_dead_letters() -> Response[str]:
    """Count the dead letters and show the latest."""
    return ok_response(summarize_dead_letters(aws_clients.s3(), config().bucket_name))


@router.post("/api/boss/dlq/replay")
def replay_dead_letters() -> Response[str]:
    """Show what would be sent again; if ``dryRun`` is false, send it."""
    dry_run = is_dry_run(router.current_event)
    return ok_response(
        replay_letters(
            aws_clients.s3(), aws_clients.sqs(), config().bucket_name, config().write_queue_url, dry_run=dry_run
        )
    )
