"""What a stack's functions are told about the model, and which keys its secret gets."""

from template_resources import template

from simcrm.core.config import LlmCallConfig
from simcrm_embedded.model_settings import PARAMETERS, model_keys, model_parameters, model_variables

STAND_IN = "http://127.0.0.1:9"
ENV = {
    "AI_PROVIDER": "local",
    "AI_MODEL": "m",
    "AI_BASE_URL": "http://127.0.0.1:11434/v1/",
    "AI_TIMEOUT_MS": "60000",
    "OPENAI_BASE_URL": "",
    "ANTHROPIC_API_KEY": " sk-ant-1 ",
    "OPENAI_API_KEY": "sk-2",
    "PATH": "/bin",
}


def test_every_variable_of_the_functions_has_a_parameter_of_the_template() -> None:
    assert PARAMETERS.keys() == {str(field.alias) for field in LlmCallConfig.model_fields.values()}
    assert set(PARAMETERS.values()) <= template()["Parameters"].keys()


def test_the_users_variables_reach_the_functions() -> None:
    variables = model_variables(ENV)

    assert variables == {name: ENV[name] for name in ("AI_PROVIDER", "AI_MODEL", "AI_BASE_URL", "AI_TIMEOUT_MS")}
    assert model_parameters(variables) == {
        "AiProvider": "local",
        "AiModel": "m",
        "AiBaseUrl": "http://127.0.0.1:11434/v1/",
        "AiTimeoutMs": "60000",
    }


def test_a_stand_in_replaces_provider_model_and_keys_but_not_how_it_is_called() -> None:
    variables = model_variables(ENV | {"ANTHROPIC_BASE_URL": "http://elsewhere", "AI_ENABLED": "false"}, STAND_IN)

    assert variables == {"AI_TIMEOUT_MS": "60000", "AI_PROVIDER": "anthropic", "AI_BASE_URL": STAND_IN}
    assert model_keys(ENV, "sk-ant-of-the-stand-in") == {
        "anthropicApiKey": "sk-ant-of-the-stand-in",
        "openaiApiKey": "",
    }


def test_the_secret_holds_the_users_keys() -> None:
    assert model_keys(ENV) == {"anthropicApiKey": "sk-ant-1", "openaiApiKey": "sk-2"}
    assert model_keys({}) == {"anthropicApiKey": "", "openaiApiKey": ""}
