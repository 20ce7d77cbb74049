"""``GET /api/health``: public, without secrets."""

import redis
from answers import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from services import config

from simcrm.ai.health import read_health
from simcrm.cache.connection import connect
from simcrm.control.health import health
from simcrm_lambda.secrets import load_secrets

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/health")
def get_health() -> Response[str]:
    """Say how the parts are."""
    key = load_secrets(config().secret_arn).anthropic_api_key
    model = read_health(connect(config()))
    return answer(health(config(), api_key_configured=bool(key), cache_answers=_cache_answers(), model=model))


def _cache_answers() -> bool:
    cache = connect(config())
    try:
        return cache is not None and bool(cache.ping())
    except redis.RedisError:
        return False
