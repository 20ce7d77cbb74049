"""The health of the parts that a simulation needs, as ``GET /api/health`` reports it."""

from typing import NamedTuple

from simcrm.cache.redis_client import redis_client
from simcrm.cache.resilient_cache import UNLOGGED, CacheWithFallback, RedisClient
from simcrm.core.config import CacheConfig, LlmCallConfig, LlmConfig
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.rate_limit.budgets import RateLimits
from simcrm.hubspot.rate_limit.status import parse_status, queue_status_read
from simcrm.llm.health import LlmHealthStatus, parse_health, queue_health_read, read_health
from simcrm.llm.providers.api_keys import environment_key

UNKNOWN_LLM_HEALTH = LlmHealthStatus()
UNKNOWN_RATE_LIMIT = {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}}


class CachedStatus(NamedTuple):
    """The status that all functions record in the cache; ``rate_limit`` is None while the cache is unavailable."""

    rate_limit: JsonObject | None = None
    llm: LlmHealthStatus = UNKNOWN_LLM_HEALTH


def read_cached_status(cache: RedisClient | None, rate_limits: RateLimits) -> CachedStatus:
    """Read the rate limits and the model's health in one round trip."""
    return CacheWithFallback(cache, UNLOGGED).call(lambda client: _read_status(client, rate_limits), CachedStatus)


def _read_status(client: RedisClient, rate_limits: RateLimits) -> CachedStatus:
    pipeline = client.pipeline(transaction=False)
    queue_status_read(pipeline)
    queue_health_read(pipeline)
    rate_limit, model = pipeline.execute()
    return CachedStatus(parse_status(rate_limit, rate_limits), parse_health(model))


def health_document(
    config: LlmConfig,
    *,
    api_key_configured: bool,
    rate_limit: JsonObject | None,
    llm: LlmHealthStatus = UNKNOWN_LLM_HEALTH,
    is_cache_misconfigured: bool = False,
) -> JsonObject:
    """Return the health document; ``rate_limit`` is None if the cache is unavailable: degraded, not an outage."""
    absent = "misconfigured" if is_cache_misconfigured else "unavailable"
    return {
        "ai": {
            "enabled": config.ai_enabled,
            "provider": config.ai_provider,
            "model": config.ai_model,
            "apiKeyConfigured": api_key_configured,
            "lastSuccess": llm.last_success,
            "consecutiveFailures": llm.consecutive_failures,
        },
        "rate": UNKNOWN_RATE_LIMIT if rate_limit is None else rate_limit,
        "cache": absent if rate_limit is None else "ok",
    }


def read_llm_health(config: LlmCallConfig | None = None) -> JsonObject:
    """Return the model's part of ``GET /api/health`` for a process without a secret; the key is in the environment."""
    cache, config = redis_client(CacheConfig.load()), config or LlmCallConfig.load()
    document = health_document(
        config,
        api_key_configured=bool(environment_key(config.ai_provider)),
        rate_limit=None,
        llm=read_health(cache),
    )
    llm_document: JsonObject = document["ai"]
    return llm_document
