"""Model settings set by a boss: they override the environment, and a simulation's input overrides them."""

from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field

from simcrm.core.config import LlmConfig
from simcrm.models.request_model import RequestModel

if TYPE_CHECKING:
    from simcrm.models.simulation_input import AiOptions

Name = Annotated[str, Field(min_length=1, max_length=100)]
PerMinute = Annotated[int, Field(ge=0, le=1_000_000_000)]
ConfigT = TypeVar("ConfigT", bound=LlmConfig)


class ModelLimits(RequestModel):
    """Limits of calls, time and cost; per-minute limits apply to all functions together, and 0 learns them."""

    requests_per_minute: PerMinute | None = None
    input_tokens_per_minute: PerMinute | None = None
    output_tokens_per_minute: PerMinute | None = None
    concurrency: Annotated[int, Field(ge=1, le=200)] | None = None
    timeout_ms: Annotated[int, Field(ge=1_000, le=120_000)] | None = None
    max_retries: Annotated[int, Field(ge=0, le=10)] | None = None
    records_per_call: Annotated[int, Field(ge=1, le=50)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0, le=1_000_000)] | None = None


NO_LIMITS = ModelLimits()
SIMULATION_DEFAULTS = {"records_per_call", "max_cost_usd"}
"""Limits that are defaults of a simulation's input rather than variables of a function."""


class LlmSettings(RequestModel):
    """One version of the settings; None means the environment's value. ``prompts`` holds versions by name."""

    enabled: bool | None = None
    provider: Name | None = None
    model: Name | None = None
    limits: ModelLimits = NO_LIMITS
    prompts: dict[str, str] = Field(default_factory=dict)


NO_SETTINGS = LlmSettings()


def apply_settings(config: ConfigT, settings: LlmSettings) -> ConfigT:
    """The environment's configuration, overridden by the settings."""
    own = {"enabled": settings.enabled, "provider": settings.provider, "model": settings.model}
    overrides = {f"ai_{name}": value for name, value in own.items() if value is not None}
    return apply_limits(config.model_copy(update=overrides), settings.limits)


def apply_limits(config: ConfigT, limits: ModelLimits) -> ConfigT:
    """The configuration with these limits applied to calls."""
    overrides = limits.model_dump(exclude_none=True, exclude=SIMULATION_DEFAULTS)
    known = {f"ai_{name}": value for name, value in overrides.items() if f"ai_{name}" in type(config).model_fields}
    return config.model_copy(update=known)


def fill_defaults(options: "AiOptions", limits: ModelLimits) -> "AiOptions":
    """A simulation's model options, with the limits that it does not set itself."""
    defaults = limits.model_dump(exclude_none=True, include=SIMULATION_DEFAULTS)
    missing = {name: value for name, value in defaults.items() if getattr(options, name) is None}
    return options.model_copy(update=missing) if missing else options
