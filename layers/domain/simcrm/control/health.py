"""Whether the parts a simulation needs are there, as ``GET /api/health`` says it."""

from simcrm.ai.health import ModelHealth
from simcrm.config import AiConfig
from simcrm.storage.artifacts import JsonObject

UNKNOWN = ModelHealth()


def health(
    config: AiConfig, *, api_key_configured: bool, cache_answers: bool, model: ModelHealth = UNKNOWN
) -> JsonObject:
    """The health document; a missing cache is degraded service, not an outage."""
    return {
        "ai": {
            "enabled": config.ai_enabled,
            "provider": config.ai_provider,
            "model": config.ai_model,
            "apiKeyConfigured": api_key_configured,
            "lastSuccess": model.last_success,
            "consecutiveFailures": model.consecutive_failures,
        },
        "rate": {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}},
        "cache": "ok" if cache_answers else "unavailable",
    }
