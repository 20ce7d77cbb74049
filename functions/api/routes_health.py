"""``GET /api/health``: public, without secrets."""

import redis
from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from settings import config, config_in_force

from simcrm.ai.health import read_health
from simcrm.control.health import health
from simcrm.limits.policy import budgets_of
from simcrm.limits.shared import SharedLimits
from simcrm.storage.artifacts import JsonObject
from simcrm_lambda.cache import cache_of
from simcrm_lambda.secrets import load_secrets

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/health")
def get_health() -> Response[str]:
    """Say how the parts are."""
    key = load_secrets(config().secret_arn).anthropic_api_key
    model = read_health(cache_of(config()))
    return answer(health(config_in_force(), api_key_configured=bool(key), rate=_rate(), model=model))


def _rate() -> JsonObject | None:
    cache, budgets = cache_of(config()), budgets_of(config())
    try:
        return None if cache is None else SharedLimits(cache, budgets).standing()
    except redis.RedisError:
        return None
