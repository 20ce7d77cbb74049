"""``GET /api/health``: public, without secrets, and from what is at hand: anybody may ask it often."""

from api_config import config, config_lately
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from simcrm.hubspot.rate_limit.policy import budgets_of
from simcrm.operations.health import health, read_noted
from simcrm_lambda.cache import cache_of, is_misconfigured
from simcrm_lambda.secrets import load_secrets

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/health")
def get_health() -> Response[str]:
    """Say how the parts are."""
    key = load_secrets(config().secret_arn).anthropic_api_key
    rate, model = read_noted(cache_of(config()), budgets_of(config()))
    document = health(
        config_lately(),
        api_key_configured=bool(key),
        rate=rate,
        model=model,
        is_cache_misconfigured=is_misconfigured(config()),
    )
    return answer(document)
