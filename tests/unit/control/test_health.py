import pytest
import redis

from simcrm.config import AiConfig
from simcrm.control.health import health
from simcrm.limits.limiter import Limiter
from simcrm.limits.policy import Budgets, Family, Headers, Outcome
from simcrm.limits.shared import SharedLimits


@pytest.mark.parametrize("configured", [True, False])
def test_the_model_and_whether_its_key_is_there(*, configured: bool) -> None:
    document = health(AiConfig.load({}), api_key_configured=configured, rate=None)

    assert document["ai"] == {
        "enabled": True,
        "provider": "anthropic",
        "model": "claude-haiku-4-5-20251001",
        "apiKeyConfigured": configured,
        "lastSuccess": None,
        "consecutiveFailures": 0,
    }


def test_a_missing_cache_is_said_and_is_no_failure() -> None:
    document = health(AiConfig.load({}), api_key_configured=True, rate=None)

    assert document["cache"] == "unavailable"
    assert document["rate"] == {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}}


def test_cooldown_breaker_and_buckets_are_those_of_the_writers(cache: redis.Redis) -> None:
    limiter = Limiter(cache, Budgets(standard=100, daily=1_000))
    limiter.settle(limiter.acquire(Family.STANDARD), Outcome.THROTTLED, Headers(), 60)
    for _ in range(9):
        limiter.settle(limiter.acquire(Family.ASSOCIATIONS), Outcome.FAILED, Headers(), None)

    rate = SharedLimits(cache, Budgets(standard=100, daily=1_000)).standing()

    assert (rate["hubspotCooldownActive"], rate["hubspotCircuitTripped"]) == (True, True)
    assert rate["buckets"]["associations"] == {"limit": 100, "used": 9, "intervalMs": 10_000}
    assert rate["buckets"]["daily"] == {"limit": 1_000, "remaining": 990}
