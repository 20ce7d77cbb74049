"""Which base URL a provider's requests go to, and so which server receives its key.

A base URL belongs to one provider. ``AI_BASE_URL`` is that of the environment's own ``AI_PROVIDER`` and of no other, so
a provider chosen by a boss or a simulation's input never sends its key there.
"""

from urllib.parse import urlsplit

from simcrm.core.config import LlmEndpointConfig
from simcrm.llm.errors import FallbackReason, LlmConfigError
from simcrm.llm.providers.registry import find_provider

SCHEMES = {"http", "https"}


def find_base_url(provider: str, config: LlmEndpointConfig) -> str | None:
    """Return the base URL of a provider's API, None for a provider that sends no requests.

    Raises:
        LlmConfigError: the provider is unknown, has no base URL, or has one that is no web address.
    """
    spec = find_provider(provider)
    if spec.create is None:
        return None
    variable, url = _configured_url(provider, config)
    if not url and spec.url is None:
        raise LlmConfigError(
            f"provider {provider} needs a base URL: set {variable}, or AI_BASE_URL with AI_PROVIDER={provider}",
            setting="provider",
            reason=FallbackReason.NO_BASE_URL,
        )
    if url and not _is_web_address(url):
        raise LlmConfigError(
            f"provider {provider} needs a base URL that begins with http:// or https://: correct {variable}",
            setting="provider",
            reason=FallbackReason.NO_BASE_URL,
        )
    return url or spec.url


def _configured_url(provider: str, config: LlmEndpointConfig) -> tuple[str, str | None]:
    """Return the variable that holds a provider's base URL, and its value."""
    if provider == config.deployed_provider and config.ai_base_url:
        return "AI_BASE_URL", config.ai_base_url
    own = {
        "anthropic": config.anthropic_base_url,
        "openai": config.openai_base_url,
        "local": config.local_base_url,
    }
    return f"{provider.upper()}_BASE_URL", own.get(provider)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in SCHEMES and bool(parts.hostname)
    except ValueError:
        return False
