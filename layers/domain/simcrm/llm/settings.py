"""What a boss has said of the model: it replaces the environment's defaults, and a simulation's input replaces it."""

from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field

from simcrm.core.config import AiConfig
from simcrm.models.request_model import Options

if TYPE_CHECKING:
    from simcrm.models.simulation_input import SimulationInput

Name = Annotated[str, Field(min_length=1, max_length=100)]
PerMinute = Annotated[int, Field(ge=0, le=1_000_000_000)]
C = TypeVar("C", bound=AiConfig)


class ModelLimits(Options):
    """Limits of calls, of time and of money; those of a minute hold for all functions, where 0 learns them."""

    requests_per_minute: PerMinute | None = None
    input_tokens_per_minute: PerMinute | None = None
    output_tokens_per_minute: PerMinute | None = None
    concurrency: Annotated[int, Field(ge=1, le=200)] | None = None
    timeout_ms: Annotated[int, Field(ge=1_000, le=120_000)] | None = None
    max_retries: Annotated[int, Field(ge=0, le=10)] | None = None
    records_per_call: Annotated[int, Field(ge=1, le=50)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0, le=1_000_000)] | None = None


NO_LIMITS = ModelLimits()
OF_A_SIMULATION = {"records_per_call", "max_cost_usd"}
"""Limits that are no variable of a function but defaults of a simulation's own input."""


class AiSettings(Options):
    """One version of the settings; what is None is the environment's. ``prompts`` are versions by name."""

    enabled: bool | None = None
    provider: Name | None = None
    model: Name | None = None
    limits: ModelLimits = NO_LIMITS
    prompts: dict[str, str] = Field(default_factory=dict)


NO_SETTINGS = AiSettings()


def applied(config: C, settings: AiSettings) -> C:
    """The environment's configuration as the settings want it."""
    own = {"enabled": settings.enabled, "provider": settings.provider, "model": settings.model}
    said = {f"ai_{name}": value for name, value in own.items() if value is not None}
    return limited(config.model_copy(update=said), settings.limits)


def limited(config: C, limits: ModelLimits) -> C:
    """A configuration with these limits for calls."""
    said = limits.model_dump(exclude_none=True, exclude=OF_A_SIMULATION)
    known = {f"ai_{name}": value for name, value in said.items() if f"ai_{name}" in type(config).model_fields}
    return config.model_copy(update=known)


def completed(request: "SimulationInput", limits: ModelLimits) -> "SimulationInput":
    """A simulation's input, with the limits that it does not set itself."""
    defaults = limits.model_dump(exclude_none=True, include=OF_A_SIMULATION)
    missing = {name: value for name, value in defaults.items() if getattr(request.ai, name) is None}
    return request.model_copy(update={"ai": request.ai.model_copy(update=missing)}) if missing else request
