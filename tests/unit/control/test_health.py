import pytest

from simcrm.config import AiConfig
from simcrm.control.health import health


def test_health_has_the_shape_that_users_rely_on() -> None:
    document = health(AiConfig.load({}), api_key_configured=True, cache_answers=True)

    assert document == {
        "ai": {
            "enabled": True,
            "provider": "anthropic",
            "model": "claude-haiku-4-5-20251001",
            "apiKeyConfigured": True,
            "lastSuccess": None,
            "consecutiveFailures": 0,
        },
        "rate": {"hubspotCooldownActive": False, "hubspotCircuitTripped": False, "buckets": {}},
        "cache": "ok",
    }


@pytest.mark.parametrize(("answers", "word"), [(True, "ok"), (False, "unavailable")])
def test_a_missing_cache_is_said_and_no_more(answers: bool, word: str) -> None:  # noqa: FBT001
    assert health(AiConfig.load({}), api_key_configured=False, cache_answers=answers)["cache"] == word


def test_health_says_what_is_configured() -> None:
    config = AiConfig.load({"AI_ENABLED": "false", "AI_PROVIDER": "local", "AI_MODEL": "m"})

    ai = health(config, api_key_configured=False, cache_answers=True)["ai"]

    assert (ai["enabled"], ai["provider"], ai["model"], ai["apiKeyConfigured"]) == (False, "local", "m", False)
