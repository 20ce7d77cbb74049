"""``GET /api/diagnostics``: whether secret, cache, queue, portal and model are usable from inside the deployment."""

import time
from collections.abc import Iterator

from api_config import config, current_config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from pydantic import ValidationError

from simcrm.core import aws_clients
from simcrm.operations.diagnostics import (
    DiagnosticCheck,
    check_cache,
    check_portal,
    check_queue,
    check_secret,
    unreadable_secret,
)
from simcrm.operations.llm_key_check import check_model
from simcrm_lambda.cache_clients import configured_cache, is_misconfigured
from simcrm_lambda.hubspot_clients import portal_client
from simcrm_lambda.secrets import Secrets, load_secrets

PORTAL_SECONDS = 15.0
"""Time limit for all calls to the portal; the API must respond within 28 s."""

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/diagnostics")
def get_diagnostics() -> Response[str]:
    """Check each part; nothing visible to users is changed."""
    return ok_response({"checks": [check.to_document() for check in _checks()]})


def _checks() -> Iterator[DiagnosticCheck]:
    try:
        secrets = load_secrets(config().secret_arn, fresh=True)
    except (GetParameterError, TransformParameterError, ValidationError) as error:
        yield unreadable_secret(type(error).__name__)
        return
    yield check_secret(_empty_tokens(secrets))
    yield check_cache(configured_cache(config()), is_misconfigured=is_misconfigured(config()))
    yield check_queue(aws_clients.sqs(), config().write_queue_url, config().writer_timeout_seconds)
    end = time.monotonic() + PORTAL_SECONDS
    yield check_portal(portal_client(config(), seconds_left=lambda: end - time.monotonic()))
    here = current_config()
    yield check_model(here, secrets.model_key(here.ai_provider))


def _empty_tokens(secrets: Secrets) -> list[str]:
    tokens = {"operatorToken": secrets.operator_token, "bossToken": secrets.boss_token}
    return [name for name, value in tokens.items() if not value]
