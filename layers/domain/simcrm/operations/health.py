"""Whether the parts a simulation needs are there, as ``GET /api/health`` says it."""

from os import environ
from typing import NamedTuple

import redis

from simcrm.cache.redis_client import connect
from simcrm.core.config import AiConfig, CacheConfig, ModelCallConfig
from simcrm.core.credentials import cleaned
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.rate_limit.policy import Budgets
from simcrm.hubspot.rate_limit.status import ask_standing, standing_of
from simcrm.llm.health import ModelHealth, ask_health, health_of, read_health

KEY_VARIABLE = "ANTHROPIC_API_KEY"
UNKNOWN = ModelHealth()
NOTHING_KNOWN = {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}}


class Noted(NamedTuple):
    """What all functions note in the cache; ``rate`` is None while it is away."""

    rate: JsonObject | None = None
    model: ModelHealth = UNKNOWN


def read_noted(cache: redis.Redis | None, budgets: Budgets) -> Noted:
    """The limits and how the model is, in one round trip."""
    if cache is None:
        return Noted()
    pipeline = cache.pipeline(transaction=False)
    ask_standing(pipeline)
    ask_health(pipeline)
    try:
        standing, model = pipeline.execute()
    except redis.RedisError:
        return Noted()
    return Noted(standing_of(standing, budgets), health_of(model))


def health(
    config: AiConfig,
    *,
    api_key_configured: bool,
    rate: JsonObject | None,
    model: ModelHealth = UNKNOWN,
    is_cache_misconfigured: bool = False,
) -> JsonObject:
    """The health document; ``rate`` is None while the cache is away: degraded service, not an outage."""
    absent = "misconfigured" if is_cache_misconfigured else "unavailable"
    return {
        "ai": {
            "enabled": config.ai_enabled,
            "provider": config.ai_provider,
            "model": config.ai_model,
            "apiKeyConfigured": api_key_configured,
            "lastSuccess": model.last_success,
            "consecutiveFailures": model.consecutive_failures,
        },
        "rate": NOTHING_KNOWN if rate is None else rate,
        "cache": absent if rate is None else "ok",
    }


def get_health_status(config: ModelCallConfig | None = None) -> JsonObject:
    """What ``GET /api/health`` says of the model, for a process without a secret: the key is the environment's."""
    cache = connect(CacheConfig.load())
    document = health(
        config or ModelCallConfig.load(),
        api_key_configured=bool(cleaned(environ.get(KEY_VARIABLE, ""))),
        rate=None,
        model=read_health(cache),
    )
    found: JsonObject = document["ai"]
    return found
