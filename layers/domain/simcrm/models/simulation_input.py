"""The input of a simulation: one model for API bodies, state machine input and schedule input."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from simcrm.core.errors import InvalidSimulationError
from simcrm.models.request_model import MIN_WEIGHT, Name, RequestModel, Weight, first_error
from simcrm.models.resource_names import reject_reserved_name
from simcrm.models.run_mode import RunMode
from simcrm.models.scenario_parameters import ActivityType, ScenarioOverrides
from simcrm.models.time_zone_names import validate_time_zone

DOMAIN_PATTERN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
MAX_RECORDS = 1_000_000
MAX_SEED = 2**63 - 1
SIMULATION_ID_PATTERN = r"^[A-Za-z0-9_-]{1,72}$"
"""Valid as a Step Functions execution name, and short enough to append the number of a resumed attempt."""


class DistributionMethod(StrEnum):
    """The curve along which records arrive over the simulated span."""

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


PREDECESSOR_METHODS = {"linear": "EVEN", "surge_mid": "SURGE"}
"""Previous method names that have changed; all others only became uppercase."""


def _parse_method(value: object) -> object:
    if not isinstance(value, str) or value.upper() == value:
        return value
    return PREDECESSOR_METHODS.get(value, value.upper())


Share = Annotated[float, Field(ge=0, le=1)]


class CurveWeights(RequestModel):
    """The curve of CUSTOM: weights of 24 hours, of 7 days (Monday first), of both, or points to interpolate between.

    A point is (share of the span that has passed, weight).
    """

    hours: tuple[Weight, ...] | None = Field(default=None, min_length=24, max_length=24)
    days: tuple[Weight, ...] | None = Field(default=None, min_length=7, max_length=7)
    points: tuple[tuple[Share, Weight], ...] | None = Field(default=None, min_length=2, max_length=1_000)

    @model_validator(mode="after")
    def _has_weight(self) -> "CurveWeights":
        if (self.points is None) == (self.hours is None and self.days is None):
            raise InvalidSimulationError("distributionWeights", "specify hours, days or both, or points")
        if any(weights is not None and not any(weights) for weights in (self.hours, self.days)):
            raise InvalidSimulationError("distributionWeights", "has no weight above 0")
        return self if self.points is None else self._check_points(self.points)

    def _check_points(self, points: tuple[tuple[float, float], ...]) -> "CurveWeights":
        shares = [share for share, _ in points]
        if shares != sorted(set(shares)):
            raise InvalidSimulationError("distributionWeights.points", "must be sorted by share, each share once")
        if not any(weight for _, weight in points):
            raise InvalidSimulationError("distributionWeights.points", "have no weight above 0")
        return self


class AiOptions(RequestModel):
    """Whether and how a model writes the texts of a simulation.

    With ``smart_scheduling``, it also proposes when each activity happens, within bounds.
    """

    enabled: bool = True
    provider: Name | None = None
    model: Name | None = None
    records_per_call: Annotated[int, Field(ge=1, le=50)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    mode: Literal["SYNC", "BATCH"] = "SYNC"
    smart_scheduling: bool = False


SCENARIO_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"


class ActivityOptions(RequestModel):
    """Whether leads have activities after their arrival, and the maximum number of activities.

    ``caps`` apply to each record, ``budgets`` to the whole simulation; both override the scenario's, type by type.
    """

    enabled: bool = True
    caps: dict[ActivityType, Annotated[int, Field(ge=0, le=200)]] = Field(default_factory=dict)
    budgets: dict[ActivityType, Annotated[int, Field(ge=0, le=1_000_000_000)]] = Field(default_factory=dict)


class PortalOptions(RequestModel):
    """The pipeline and owners of the records, and whether the portal may be a production portal."""

    pipeline_id: Name | None = None
    owner_ids: tuple[Name, ...] = Field(default=(), max_length=200)
    allow_production_portal: bool = False


ALLOWED_YEARS = range(2000, 2100)
"""A span outside these years is a typo, and dates would overflow when a sales cycle is added."""


def _to_utc(moment: datetime) -> datetime:
    if moment.year not in ALLOWED_YEARS:
        raise ValueError(f"is outside the years {ALLOWED_YEARS.start} to {ALLOWED_YEARS.stop - 1}")
    return moment.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
PREDECESSOR_NAMES = {
    "totalRecords": "total_records",
    "distributionMethod": "distribution_method",
    "startTime": "start_time",
    "endTime": "end_time",
}


def _aliases_with_snake_case(name: str) -> AliasChoices:
    return AliasChoices(name, PREDECESSOR_NAMES[name])


def requested_records(document: Mapping[str, Any]) -> int:
    """Return the number of contacts that an unchecked input asks for; 0 if it does not name it."""
    records: int | None = document.get("totalRecords") or document.get(PREDECESSOR_NAMES["totalRecords"])
    return records or 0


def validate_simulation_id(simulation_id: str) -> str:
    """Validate a user-chosen simulation id, for a model field.

    Raises:
        ValueError: the id would be ambiguous or unreachable.
    """
    if re.search(r"--r\d+$", simulation_id):
        raise ValueError("must not end with --r and digits, like the execution of a resumed simulation")
    return reject_reserved_name(simulation_id)


class ContactRange(RequestModel):
    """The smallest and the largest number of contacts of a company."""

    min: Annotated[int, Field(ge=1, le=100)]
    max: Annotated[int, Field(ge=1, le=100)]

    @model_validator(mode="after")
    def _ascends(self) -> "ContactRange":
        if self.min > self.max:
            raise InvalidSimulationError("contactsPerCompany", "min is above max")
        return self


class SimulationInput(RequestModel):
    """A user's request; times are aware, and absent ones are resolved at the start (``resolve_simulated_span``).

    It has either ``total_records`` contacts, or all contacts of ``total_companies`` companies (``count_records``).
    """

    simulation_id: (
        Annotated[str, Field(pattern=SIMULATION_ID_PATTERN), AfterValidator(validate_simulation_id)] | None
    ) = None
    total_records: Annotated[int, Field(ge=1, le=MAX_RECORDS)] | None = Field(
        default=None, validation_alias=_aliases_with_snake_case("totalRecords")
    )
    total_companies: Annotated[int, Field(ge=1, le=MAX_RECORDS)] | None = None
    scenario: Name = "B2B"
    scenario_parameters: ScenarioOverrides | None = None
    distribution_method: Annotated[DistributionMethod, BeforeValidator(_parse_method)] = Field(
        default=DistributionMethod.EVEN, validation_alias=_aliases_with_snake_case("distributionMethod")
    )
    distribution_weights: CurveWeights | None = None
    mode: RunMode | None = None
    time_zone: Annotated[str, AfterValidator(validate_time_zone)] = "UTC"
    start_time: UtcDatetime | None = Field(default=None, validation_alias=_aliases_with_snake_case("startTime"))
    end_time: UtcDatetime | None = Field(default=None, validation_alias=_aliases_with_snake_case("endTime"))
    time_scale: float = Field(default=1, ge=0, le=1_000_000)
    seed: Annotated[str, Field(max_length=200)] | Annotated[int, Field(ge=-MAX_SEED, le=MAX_SEED)] | None = None
    contacts_per_company: Annotated[int, Field(ge=1, le=100)] | ContactRange | None = None
    locale: Name | None = None
    locales: dict[Name, Annotated[Weight, Field(ge=MIN_WEIGHT)]] | None = Field(default=None, min_length=1)
    domain_suffix: Annotated[str, Field(pattern=DOMAIN_PATTERN)] | None = None
    undeliverable: bool = False
    theme: str | None = Field(default=None, max_length=2_000)
    ai: AiOptions = AiOptions()
    activities: ActivityOptions = ActivityOptions()
    hubspot: PortalOptions = PortalOptions()
    dry_run: bool = False

    @property
    def has_explicit_timing(self) -> bool:
        """Whether a mode, a time or a scale was given, even if it equals the default."""
        times = (self.mode, self.start_time, self.end_time)
        return "time_scale" in self.model_fields_set or any(time is not None for time in times)

    @model_validator(mode="after")
    def _check_size(self) -> "SimulationInput":
        if self.total_records is None and self.total_companies is None:
            raise InvalidSimulationError("totalRecords", "is required, unless totalCompanies is specified")
        if self.total_records is not None and self.total_companies is not None:
            raise InvalidSimulationError("totalCompanies", "specify either totalRecords or totalCompanies, not both")
        return self

    @model_validator(mode="after")
    def _check_consistency(self) -> "SimulationInput":
        if self.locale is not None and self.locales is not None:
            raise InvalidSimulationError("locales", "specify either locale or locales, not both")
        if self.start_time and self.end_time and self.end_time < self.start_time:
            raise InvalidSimulationError("endTime", "is before startTime")
        custom = self.distribution_method is DistributionMethod.CUSTOM
        if custom != (self.distribution_weights is not None):
            problem = "is required for CUSTOM" if custom else "is only valid for CUSTOM"
            raise InvalidSimulationError("distributionWeights", problem)
        return self


def parse_simulation_input(document: Mapping[str, Any] | str | bytes) -> SimulationInput:
    """Parse a simulation's input from an API body, a console or a schedule.

    Raises:
        InvalidSimulationError: names the first field that is unknown, missing or invalid.
    """
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    try:
        return SimulationInput.model_validate_json(text)
    except ValidationError as error:
        raise InvalidSimulationError(*first_error(error, "is not a field of a simulation")) from None
