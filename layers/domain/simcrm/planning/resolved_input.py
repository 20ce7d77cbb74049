"""Resolve a simulation's input against the deployment: check the names in it and replace them by what they mean now."""

from dataclasses import dataclass, field
from typing import Any

from simcrm.core.config import LlmConfig, LlmEndpointConfig
from simcrm.core.errors import InvalidSimulationError
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.prompts import Prompt
from simcrm.llm.settings import NO_LIMITS, ModelLimits, fill_defaults
from simcrm.models.scenario_parameters import ScenarioOverrides
from simcrm.models.simulation_input import AiOptions, SimulationInput, parse_simulation_input
from simcrm.planning.llm_plan import LlmPlan, require_usable, resolve_llm
from simcrm.storage.scenario_store import ResolvedScenario, ScenarioStore, StoredScenario


@dataclass(frozen=True, slots=True)
class DeploymentSettings:
    """What an input is resolved against: the settings in force; by default the built-in prompts and scenarios.

    With ``endpoints``, a provider that cannot be used as the input wants is refused; without, as in a run that has
    begun, its records fall back. ``accepted_scenario`` is the version of the scenario that the input was accepted with,
    0 for a built-in one; None takes the version in force.
    """

    llm: LlmConfig = field(default_factory=LlmConfig.model_construct)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    limits: ModelLimits = NO_LIMITS
    scenarios: ScenarioStore | None = None
    accepted_scenario: int | None = None
    endpoints: LlmEndpointConfig | None = None

    def resolve_scenario(self, scenario_id: str) -> ResolvedScenario:
        """Look up the scenario of an input."""
        if self.scenarios is None:
            return ResolvedScenario()
        return self.scenarios.resolve(scenario_id, self.accepted_scenario)


DEFAULT_SETTINGS = DeploymentSettings()


@dataclass(frozen=True, slots=True)
class ResolvedInput:
    """A valid input: ``original`` as it was given, ``request`` with its built-in scenario and all defaults.

    ``scenario_version`` is the version of the stored scenario that was replaced, or 0.
    """

    original: SimulationInput
    request: SimulationInput
    scenario_version: int
    llm: LlmPlan


def resolve_input(
    document: dict[str, Any] | str | bytes, settings: DeploymentSettings = DEFAULT_SETTINGS
) -> ResolvedInput:
    """Return the input if everything it names exists and can be generated; used by API, console and schedules alike.

    Raises:
        InvalidSimulationError: names the invalid field.
        LlmConfigError: the stories prompt leaves no room for the timing prompt.
    """
    original = parse_simulation_input(document)
    scenario = settings.resolve_scenario(original.scenario)
    request = original.model_copy(update=_resolved_fields(original, scenario.stored, settings.limits))
    # Imported here because code that only lists or reads simulations imports this module, too.
    from simcrm.planning.generation_settings import require_generatable  # noqa: PLC0415

    require_generatable(request)
    return ResolvedInput(original, request, scenario.version, _resolve_llm(request.ai, settings))


def _resolved_fields(original: SimulationInput, scenario: StoredScenario | None, limits: ModelLimits) -> dict[str, Any]:
    """Return the fields that differ from the original: defaults, and what a stored scenario now consists of."""
    options = fill_defaults(original.ai, limits)
    fields: dict[str, Any] = {} if options is original.ai else {"ai": options}
    if scenario is None:
        return fields
    own = original.scenario_parameters or ScenarioOverrides()
    return {**fields, "scenario": scenario.base, "scenario_parameters": own.merged_with(scenario.parameters)}


def _resolve_llm(options: AiOptions, settings: DeploymentSettings) -> LlmPlan:
    try:
        llm = resolve_llm(options, settings.llm, settings.prompts)
        if settings.endpoints is not None:
            require_usable(llm, options, settings.endpoints)
    except LlmConfigError as error:
        if error.setting is None:
            raise
        raise InvalidSimulationError(f"ai.{error.setting}", str(error)) from error
    return llm.model_copy(update={"limits": settings.limits})
