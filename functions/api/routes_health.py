"""``GET /api/health``: public, reveals no secrets, and cheap, because anyone may request it often."""

from api_config import cached_config, config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from simcrm.hubspot.rate_limit.budgets import rate_limits_from_config
from simcrm.operations.health import health_document, read_cached_status
from simcrm_lambda.cache_clients import configured_cache, is_misconfigured
from simcrm_lambda.secrets import load_secrets

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/health")
def get_health() -> Response[str]:
    """Report the health of each part."""
    here = cached_config()
    key = load_secrets(here.secret_arn).model_key(here.ai_provider)
    rate, model = read_cached_status(configured_cache(config()), rate_limits_from_config(config()))
    document = health_document(
        here,
        api_key_configured=bool(key),
        rate_limit=rate,
        llm=model,
        is_cache_misconfigured=is_misconfigured(config()),
    )
    return ok_response(document)
