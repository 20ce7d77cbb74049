"""The providers by name."""

from collections.abc import Callable
from dataclasses import dataclass

from simcrm.llm.errors import FallbackReason, LlmConfigError
from simcrm.llm.providers.base import BatchProvider, LlmProvider

CreateProvider = Callable[[str, str], LlmProvider]
CreateBatchProvider = Callable[[str, str], BatchProvider]


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """How to create a provider from key and base URL, whether it needs a key, and its assumed limits.

    ``create`` is None for the provider that sends no requests, ``create_batches`` for one without message batches.
    ``limits`` are requests, input and output tokens per minute, 0 for none; the headers of the first response replace
    them. ``tokens_per_second`` is a first guess at the speed of one call. ``url`` is the base URL of its public API,
    None if it has none.
    """

    create: CreateProvider | None
    create_batches: CreateBatchProvider | None = None
    needs_key: bool = True
    limits: tuple[int, int, int] = (0, 0, 0)
    url: str | None = None
    tokens_per_second: float = 100.0


def _anthropic(api_key: str, base_url: str) -> LlmProvider:
    from simcrm.llm.providers.anthropic import AnthropicProvider  # noqa: PLC0415 - only for calling a model

    return AnthropicProvider(api_key, base_url)


def _anthropic_batches(api_key: str, base_url: str) -> BatchProvider:
    from simcrm.llm.providers.anthropic_batches import AnthropicBatches  # noqa: PLC0415 - only for calling a model

    return AnthropicBatches(api_key, base_url)


def _openai(api_key: str, base_url: str) -> LlmProvider:
    from simcrm.llm.providers.openai import OpenAiProvider  # noqa: PLC0415 - only for calling a model

    return OpenAiProvider(api_key, base_url)


PROVIDERS = {
    "anthropic": ProviderSpec(
        _anthropic, _anthropic_batches, limits=(50, 50_000, 10_000), url="https://api.anthropic.com"
    ),
    "openai": ProviderSpec(_openai, url="https://api.openai.com/v1/"),
    "local": ProviderSpec(_openai, needs_key=False, tokens_per_second=10),
    "synthetic": ProviderSpec(None, needs_key=False),
}


def find_provider(name: str) -> ProviderSpec:
    """The entry of a provider.

    Raises:
        LlmConfigError: there is none with this name.
    """
    if name not in PROVIDERS:
        raise LlmConfigError(
            f"unknown provider {name}; available: {', '.join(PROVIDERS)}",
            setting="provider",
            reason=FallbackReason.UNKNOWN_PROVIDER,
        )
    return PROVIDERS[name]
