import pytest

from simcrm.core.config import CacheConfig, LlmConfig, PortalConfig, StateMachineConfig, StorageConfig
from simcrm.core.errors import ConfigError

PORTAL = {"SECRET_ARN": "arn", "HUBSPOT_BASE_URL": "http://portal"}


def test_a_variable_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_NAME", "data")

    assert StorageConfig.load().bucket_name == "data"


def test_what_is_not_set_has_its_default() -> None:
    config = PortalConfig.load(PORTAL)

    assert (config.hubspot_api_version, config.hubspot_timeout_seconds) == ("2026-09", 10.0)


def test_an_empty_variable_is_not_set() -> None:
    assert CacheConfig.load({"REDIS_URL": "", "REDIS_IAM_CACHE": "", "REDIS_IAM_USER": ""}) == CacheConfig.load({})


@pytest.mark.parametrize("given", [{}, {"STATE_MACHINE_ARN": ""}])
def test_a_missing_variable_is_named(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"STATE_MACHINE_ARN \(missing\)"):
        StateMachineConfig.load(given)


def test_all_problems_are_named_at_once_and_no_value_is_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        PortalConfig.load({"SECRET_ARN": "arn", "HUBSPOT_TIMEOUT_SECONDS": "soon-secret"})

    assert "HUBSPOT_BASE_URL (missing)" in str(caught.value)
    assert "HUBSPOT_TIMEOUT_SECONDS (float_parsing)" in str(caught.value)
    assert "soon-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("seconds", ["0", "-1"])
def test_a_timeout_is_above_zero(seconds: str) -> None:
    with pytest.raises(ConfigError, match="HUBSPOT_TIMEOUT_SECONDS"):
        PortalConfig.load({**PORTAL, "HUBSPOT_TIMEOUT_SECONDS": seconds})


@pytest.mark.parametrize(("text", "enabled"), [("true", True), ("false", False), ("0", False)])
def test_a_switch_is_read_as_text(text: str, enabled: bool) -> None:  # noqa: FBT001
    assert LlmConfig.load({"AI_ENABLED": text}).ai_enabled is enabled


def test_the_model_is_on_unless_switched_off() -> None:
    assert LlmConfig.load({}).ai_enabled


def test_equal_environments_are_one_key_for_what_a_process_keeps() -> None:
    assert hash(CacheConfig.load({"REDIS_URL": "redis://a"})) == hash(CacheConfig.load({"REDIS_URL": "redis://a"}))
