"""Validate a simulation's input against the available names, before it starts and again during planning."""

from typing import Any

from simcrm.core.config import LlmConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.model_prices import find_price
from simcrm.llm.providers.registry import find_provider
from simcrm.models.simulation_input import SimulationInput, parse_simulation_input
from simcrm.storage.scenario_store import ScenarioLookup, apply_stored_scenario

DEFAULT_LLM_CONFIG = LlmConfig.model_construct()


def validate_simulation(
    document: dict[str, Any] | str | bytes, ai: LlmConfig = DEFAULT_LLM_CONFIG, scenarios: ScenarioLookup | None = None
) -> SimulationInput:
    """Return the input if everything it names exists and can be generated; used by API, console and schedules alike.

    Raises:
        InvalidSimulationError: names the invalid field.
    """
    # Imported here because code that only lists or reads simulations imports this module, too.
    from simcrm.synthetic import GenerationError, load_scenario, locale_names  # noqa: PLC0415

    checked = parse_simulation_input(document)
    try:
        load_scenario(apply_stored_scenario(checked, scenarios).scenario)
    except GenerationError as error:
        raise InvalidSimulationError("scenario", str(error)) from error
    for field, locale in _locales(checked):
        if locale not in locale_names():
            known = ", ".join(locale_names())
            raise InvalidSimulationError(field, f"unknown locale {locale}; available: {known}")
    if checked.ai.enabled and ai.ai_enabled:
        _check_model(checked, ai)
    return checked


def _check_model(checked: SimulationInput, ai: LlmConfig) -> None:
    provider = checked.ai.provider or ai.ai_provider
    try:
        find_provider(provider)
    except LlmConfigError as error:
        raise InvalidSimulationError("ai.provider", str(error)) from error
    try:
        find_price(provider, checked.ai.model or ai.ai_model, ai.ai_models)
    except LlmConfigError as error:
        raise InvalidSimulationError("ai.model", str(error)) from error


def _locales(checked: SimulationInput) -> list[tuple[str, str]]:
    if checked.locale is not None:
        return [("locale", checked.locale)]
    return [(f"locales.{locale}", locale) for locale in checked.locales or ()]
