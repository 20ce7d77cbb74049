"""A base URL belongs to one provider, and so does a key."""

import pytest

from simcrm.core.config import LlmCallConfig, LlmEndpointConfig
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.providers.api_keys import KEY_VARIABLES, environment_key
from simcrm.llm.providers.endpoints import find_base_url
from simcrm.llm.providers.registry import PROVIDERS
from simcrm.llm.settings import LlmSettings, apply_settings
from simcrm_lambda.secrets import Secrets

SHARED, OWN = "http://shared.example/", "http://own.example/v1/"


def url(provider: str, **env: str) -> str | None:
    return find_base_url(provider, LlmEndpointConfig.load(env))


@pytest.mark.parametrize(
    ("provider", "env", "expected"),
    [
        ("anthropic", {}, "https://api.anthropic.com"),
        ("anthropic", {"AI_BASE_URL": SHARED}, SHARED),
        ("anthropic", {"AI_BASE_URL": SHARED, "ANTHROPIC_BASE_URL": OWN}, SHARED),
        ("anthropic", {"AI_BASE_URL": SHARED, "AI_PROVIDER": "openai"}, "https://api.anthropic.com"),
        ("anthropic", {"AI_BASE_URL": SHARED, "AI_PROVIDER": "openai", "ANTHROPIC_BASE_URL": OWN}, OWN),
        ("anthropic", {"OPENAI_BASE_URL": OWN, "LOCAL_BASE_URL": OWN}, "https://api.anthropic.com"),
        ("openai", {}, "https://api.openai.com/v1/"),
        ("openai", {"AI_BASE_URL": SHARED}, "https://api.openai.com/v1/"),
        ("openai", {"OPENAI_BASE_URL": OWN}, OWN),
        ("local", {"AI_BASE_URL": SHARED, "AI_PROVIDER": "local"}, SHARED),
        ("local", {"LOCAL_BASE_URL": OWN}, OWN),
        ("synthetic", {"AI_BASE_URL": "nonsense", "AI_PROVIDER": "synthetic"}, None),
    ],
)
def test_a_providers_requests_have_one_address(provider: str, env: dict[str, str], expected: str | None) -> None:
    assert url(provider, **env) == expected


@pytest.mark.parametrize(
    ("provider", "env", "says"),
    [
        ("local", {}, "set LOCAL_BASE_URL, or AI_BASE_URL with AI_PROVIDER=local"),
        ("local", {"AI_BASE_URL": SHARED, "AI_PROVIDER": "openai", "OPENAI_BASE_URL": OWN}, "set LOCAL_BASE_URL"),
        ("local", {"LOCAL_BASE_URL": "127.0.0.1:11434/v1/"}, "http:// or https://: correct LOCAL_BASE_URL"),
        ("openai", {"OPENAI_BASE_URL": "ftp://host/v1/"}, "correct OPENAI_BASE_URL"),
        ("anthropic", {"AI_BASE_URL": "https://"}, "correct AI_BASE_URL"),
        ("anthropic", {"AI_BASE_URL": "http://[::1"}, "correct AI_BASE_URL"),
    ],
)
def test_a_provider_without_a_usable_address_is_refused_by_what_is_missing(
    provider: str, env: dict[str, str], says: str
) -> None:
    with pytest.raises(LlmConfigError, match=says) as raised:
        url(provider, **env)

    assert (raised.value.setting, raised.value.reason) == ("provider", "no_base_url")


def test_a_boss_changes_the_provider_but_not_whose_address_the_environments_is() -> None:
    deployed = LlmCallConfig.load({"AI_PROVIDER": "openai", "AI_BASE_URL": SHARED})
    config = apply_settings(deployed, LlmSettings(provider="anthropic"))

    assert (config.ai_provider, config.deployed_provider) == ("anthropic", "openai")
    assert find_base_url("anthropic", config) == "https://api.anthropic.com"


def test_whoever_needs_a_key_has_one_in_environment_and_secret() -> None:
    env = {variable: f" key of {name} " for name, variable in KEY_VARIABLES.items()}
    secrets = Secrets.model_validate({f"{name}ApiKey": f"key of {name}" for name in KEY_VARIABLES})

    assert KEY_VARIABLES.keys() == {name for name, spec in PROVIDERS.items() if spec.needs_key}
    for name, spec in PROVIDERS.items():
        expected = f"key of {name}" if spec.needs_key else ""
        assert (environment_key(name, env), secrets.model_key(name)) == (expected, expected)
