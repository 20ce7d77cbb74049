"""The input of a simulation: API body, state machine input and schedule input are this one model."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from simcrm.errors import InvalidSimulationError

MAX_RECORDS = 1_000_000
SIMULATION_ID = r"^[A-Za-z0-9_-]{1,80}$"
"""Step Functions' execution names, so that the id can be one."""


class DistributionMethod(StrEnum):
    """The curve along which records arrive in the simulated span."""

    EVEN = "EVEN"
    FRONT_LOADED = "FRONT_LOADED"
    BACK_LOADED = "BACK_LOADED"
    BELL_CURVE = "BELL_CURVE"
    SURGE = "SURGE"
    TRICKLE = "TRICKLE"
    RANDOM_BURSTS = "RANDOM_BURSTS"
    DAILY_SPIKE = "DAILY_SPIKE"
    WEEKEND_SURGE = "WEEKEND_SURGE"
    BUSINESS_HOURS = "BUSINESS_HOURS"
    CUSTOM = "CUSTOM"


class _Options(BaseModel):
    """JSON in camelCase, nothing unknown, nothing converted: "10" is no number."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
    )


class AiOptions(_Options):
    """Whether and how a model writes the words of this simulation."""

    enabled: bool = True
    provider: str | None = None
    model: str | None = None
    records_per_call: Annotated[int, Field(ge=1, le=50)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0)] | None = None
    mode: Literal["SYNC", "BATCH"] = "SYNC"


class ActivityOptions(_Options):
    """Whether the leads live on after their arrival."""

    enabled: bool = True


class PortalOptions(_Options):
    """Where in the portal the records go."""

    pipeline_id: str | None = None
    owner_ids: tuple[str, ...] = ()
    allow_production_portal: bool = False


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
PREDECESSOR_NAMES = {
    "totalRecords": "total_records",
    "distributionMethod": "distribution_method",
    "startTime": "start_time",
    "endTime": "end_time",
}


def _also_snake_case(name: str) -> AliasChoices:
    return AliasChoices(name, PREDECESSOR_NAMES[name])


class SimulationInput(_Options):
    """What a user asks for. Times are aware; absent ones mean the moment the simulation starts."""

    simulation_id: Annotated[str, Field(pattern=SIMULATION_ID)] | None = None
    total_records: int = Field(ge=1, le=MAX_RECORDS, validation_alias=_also_snake_case("totalRecords"))
    scenario: str = "B2B"
    distribution_method: DistributionMethod = Field(
        default=DistributionMethod.EVEN, validation_alias=_also_snake_case("distributionMethod")
    )
    start_time: UtcDatetime | None = Field(default=None, validation_alias=_also_snake_case("startTime"))
    end_time: UtcDatetime | None = Field(default=None, validation_alias=_also_snake_case("endTime"))
    time_scale: float = Field(default=1, ge=0, le=1_000_000)
    seed: str | int | None = None
    contacts_per_company: int = Field(default=1, ge=1, le=100)
    locale: str | None = None
    locales: dict[str, Annotated[float, Field(gt=0)]] | None = Field(default=None, min_length=1)
    theme: str | None = Field(default=None, max_length=2_000)
    ai: AiOptions = AiOptions()
    activities: ActivityOptions = ActivityOptions()
    hubspot: PortalOptions = PortalOptions()
    dry_run: bool = False

    @model_validator(mode="after")
    def _agree(self) -> "SimulationInput":
        if self.locale is not None and self.locales is not None:
            raise InvalidSimulationError("locales", "give either locale or locales, not both")
        if self.start_time and self.end_time and self.end_time < self.start_time:
            raise InvalidSimulationError("endTime", "is before startTime")
        return self


def parse_simulation(document: Mapping[str, Any] | str | bytes) -> SimulationInput:
    """Check a simulation's input as it came from an API body, a console or a schedule.

    Raises:
        InvalidSimulationError: names the first field that is unknown, missing or has a bad value.
    """
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    try:
        return SimulationInput.model_validate_json(text)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> InvalidSimulationError:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    problem = "is not a field of a simulation" if first["type"] == "extra_forbidden" else first["msg"]
    return InvalidSimulationError(field, problem[0].lower() + problem[1:])
