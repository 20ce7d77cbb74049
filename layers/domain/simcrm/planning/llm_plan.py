"""The model settings that a simulation resolves when it starts; later changes do not affect them."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.core.config import LlmConfig, LlmEndpointConfig
from simcrm.llm.errors import FallbackReason, LlmConfigError
from simcrm.llm.model_prices import find_price
from simcrm.llm.prompts import (
    BUILT_IN_PROMPTS,
    TIMING,
    Prompt,
    append_timing,
    built_in_prompt,
    timing_prompt,
    validate_prompt,
)
from simcrm.llm.providers.endpoints import find_base_url
from simcrm.llm.providers.registry import find_provider
from simcrm.llm.settings import ModelLimits
from simcrm.models.simulation_input import AiOptions


class LlmPlan(BaseModel):
    """Provider, model and prompts of a run; ``prompt_texts`` holds the full prompts by name for reruns."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    enabled: bool
    provider: str
    model: str
    prompt_versions: dict[str, str]
    prompt_texts: dict[str, str]
    limits: ModelLimits = ModelLimits()
    """Limits set by a boss when the run started; those that are None default to each function's environment."""

    def prompt(self, name: str) -> Prompt:
        """Return a prompt as it was when the run started."""
        return Prompt(name, self.prompt_versions[name], self.prompt_texts[name])


def resolve_llm(options: AiOptions, config: LlmConfig, prompts: dict[str, Prompt] | None = None) -> LlmPlan:
    """Return the model's part of a plan; ``prompts`` are those in use now, by default the built-in ones.

    Raises:
        LlmConfigError: the provider or model is unknown, or the stories prompt leaves no room for the timing prompt.
    """
    provider, model = options.provider or config.ai_provider, options.model or config.ai_model
    enabled = options.enabled and config.ai_enabled
    if enabled:
        enabled = find_provider(provider).create is not None
        find_price(provider, model, config.ai_models)
    chosen = {name: (prompts or {}).get(name) or built_in_prompt(name) for name in BUILT_IN_PROMPTS}
    if options.smart_scheduling:
        chosen[TIMING] = timing_prompt()
        validate_prompt(append_timing(chosen["stories"], chosen[TIMING]).text)
    return LlmPlan(
        enabled=enabled,
        provider=provider,
        model=model,
        prompt_versions={name: prompt.version for name, prompt in chosen.items()},
        prompt_texts={name: prompt.text for name, prompt in chosen.items()},
    )


def require_usable(llm: LlmPlan, options: AiOptions, config: LlmEndpointConfig) -> None:
    """Check that a run's provider can be reached, and has message batches if they are to write the text.

    Raises:
        LlmConfigError: it cannot, or has none.
    """
    if not llm.enabled:
        return
    find_base_url(llm.provider, config)
    if options.mode == "BATCH" and find_provider(llm.provider).create_batches is None:
        raise LlmConfigError(
            f"provider {llm.provider} has no message batches: use SYNC, or provider anthropic",
            setting="mode",
            reason=FallbackReason.NO_BATCHES,
        )
