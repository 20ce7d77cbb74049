"""Whether the parts a simulation needs are there, as ``GET /api/health`` says it."""

from simcrm.ai.health import ModelHealth
from simcrm.config import AiConfig
from simcrm.storage.artifacts import JsonObject

UNKNOWN = ModelHealth()
NOTHING_KNOWN = {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}}


def health(
    config: AiConfig, *, api_key_configured: bool, rate: JsonObject | None, model: ModelHealth = UNKNOWN
) -> JsonObject:
    """The health document; ``rate`` is None while the cache is away: degraded service, not an outage."""
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
        "cache": "unavailable" if rate is None else "ok",
    }
