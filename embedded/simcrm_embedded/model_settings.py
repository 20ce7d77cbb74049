"""The model of a stack: template parameters and keys from the user's environment."""

from collections.abc import Mapping

from simcrm.llm.providers.api_keys import KEY_VARIABLES, environment_key

PROVIDER_VARIABLES = {
    "AI_ENABLED": "AiEnabled",
    "AI_PROVIDER": "AiProvider",
    "AI_MODEL": "AiModel",
    "AI_BASE_URL": "AiBaseUrl",
    "ANTHROPIC_BASE_URL": "AnthropicBaseUrl",
    "OPENAI_BASE_URL": "OpenAiBaseUrl",
    "LOCAL_BASE_URL": "LocalBaseUrl",
}
"""Variables that choose the model and its address, and their template parameters."""

CALL_VARIABLES = {
    "AI_MODELS": "AiModels",
    "AI_TIMEOUT_MS": "AiTimeoutMs",
    "AI_MAX_RETRIES": "AiMaxRetries",
    "AI_CONCURRENCY": "AiConcurrency",
    "AI_REQUESTS_PER_MINUTE": "AiRequestsPerMinute",
    "AI_INPUT_TOKENS_PER_MINUTE": "AiInputTokensPerMinute",
    "AI_OUTPUT_TOKENS_PER_MINUTE": "AiOutputTokensPerMinute",
    "AI_GENERATION_LOG_LEVEL": "AiGenerationLogLevel",
}
"""Variables that say how a model is called, and their template parameters."""

PARAMETERS = PROVIDER_VARIABLES | CALL_VARIABLES
DECISIVE_VARIABLES = (*PARAMETERS, *KEY_VARIABLES.values())


def model_variables(env: Mapping[str, str], stand_in_url: str = "") -> dict[str, str]:
    """Return the variables of the functions that call a model; a stand-in replaces the user's provider and model."""
    own = {name: env[name] for name in PARAMETERS if env.get(name)}
    if not stand_in_url:
        return own
    calls = {name: value for name, value in own.items() if name in CALL_VARIABLES}
    return calls | {"AI_PROVIDER": "anthropic", "AI_BASE_URL": stand_in_url}


def model_parameters(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the template parameters of these variables."""
    return {PARAMETERS[name]: value for name, value in variables.items()}


def model_keys(env: Mapping[str, str], stand_in_key: str = "") -> dict[str, str]:
    """Return the fields of the secret with keys; a stack with a stand-in gets no key that costs money."""
    if stand_in_key:
        return {f"{provider}ApiKey": stand_in_key if provider == "anthropic" else "" for provider in KEY_VARIABLES}
    return {f"{provider}ApiKey": environment_key(provider, env) for provider in KEY_VARIABLES}
