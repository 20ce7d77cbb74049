"""What a simulation resolves of its model when it starts, and keeps whatever is changed later."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from simcrm.core.config import LlmConfig
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
from simcrm.llm.providers.registry import find_provider
from simcrm.llm.settings import ModelLimits
from simcrm.models.simulation_input import SimulationInput


class LlmPlan(BaseModel):
    """Provider, model and prompts of a run; ``prompt_texts`` holds them by name, so that a rerun needs no more."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    enabled: bool
    provider: str
    model: str
    prompt_versions: dict[str, str]
    prompt_texts: dict[str, str]
    limits: ModelLimits = ModelLimits()
    """What a boss had said when the run started; what is None is left to each function's environment."""

    def prompt(self, name: str) -> Prompt:
        """A prompt as it was when the run started."""
        return Prompt(name, self.prompt_versions[name], self.prompt_texts[name])


def resolve_llm(request: SimulationInput, config: LlmConfig, prompts: dict[str, Prompt] | None = None) -> LlmPlan:
    """The model's part of a plan; ``prompts`` are those in use now, the shipped ones where none are given.

    Raises:
        AiError: provider or model is unknown, or the stories' prompt leaves no room for the one about times.
    """
    chosen = {name: (prompts or {}).get(name) or built_in_prompt(name) for name in BUILT_IN_PROMPTS}
    if request.ai.smart_scheduling:
        chosen[TIMING] = timing_prompt()
        validate_prompt(append_timing(chosen["stories"], chosen[TIMING]).text)
    provider, model = request.ai.provider or config.ai_provider, request.ai.model or config.ai_model
    enabled = request.ai.enabled and config.ai_enabled
    if enabled:
        enabled = find_provider(provider).create is not None
        find_price(provider, model, config.ai_models)
    return LlmPlan(
        enabled=enabled,
        provider=provider,
        model=model,
        prompt_versions={name: prompt.version for name, prompt in chosen.items()},
        prompt_texts={name: prompt.text for name, prompt in chosen.items()},
    )
