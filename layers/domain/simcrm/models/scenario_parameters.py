"""Overrides of a scenario's parameters in a request; absent ones keep the scenario's values."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from simcrm.models.lead_events import LifecycleTrigger
from simcrm.models.request_model import RequestModel

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ActivityType = Literal["notes", "calls", "tasks", "tickets"]
Count = Annotated[int, Field(ge=0, le=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Minutes = Annotated[float, Field(ge=0, le=525_600)]
Caps = dict[ActivityType, Count]
Budgets = dict[ActivityType, Annotated[int, Field(ge=0, le=10_000_000)]]


class IntRange(RequestModel):
    """A range of counts, both ends included."""

    low: Count
    high: Count

    @model_validator(mode="after")
    def _ascends(self) -> "IntRange":
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class CompanySize(IntRange):
    """Number of contacts per company, at least one."""

    low: Annotated[int, Field(ge=1, le=100)]
    high: Annotated[int, Field(ge=1, le=100)]


class ActivityRuleOverride(RequestModel):
    """An activity caused by a lifecycle trigger; delays are in minutes."""

    moment: LifecycleTrigger
    object_type: ActivityType
    probability: Share
    delay_minutes: Minutes
    delay_spread_minutes: Minutes
    unless: ActivityType | None = None


class ScenarioOverrides(RequestModel):
    """Parameters by their names in a pack; ``rules`` replaces all rules, ``caps`` and ``budgets`` merge by type."""

    sales_cycle_days: Annotated[float, Field(gt=0, le=3_650)] | None = None
    win_rate: Share | None = None
    amount_mu: Annotated[float, Field(ge=0, le=16)] | None = None
    amount_sigma: Annotated[float, Field(ge=0, le=2)] | None = None
    contacts_per_company: CompanySize | None = None
    notes_per_lead: IntRange | None = None
    tasks_per_lead: IntRange | None = None
    calls_per_lead: IntRange | None = None
    rules: Annotated[tuple[ActivityRuleOverride, ...], Field(max_length=50)] | None = None
    caps: Caps | None = None
    budgets: Budgets | None = None

    def merged_with(self, other: "ScenarioOverrides") -> "ScenarioOverrides":
        """Return these parameters, with absent ones taken from ``other``."""
        merged = {name: value for name in type(self).model_fields if (value := getattr(other, name)) is not None}
        merged |= {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        for name in ("caps", "budgets"):
            if name in merged:
                merged[name] = (getattr(other, name) or {}) | (getattr(self, name) or {})
        return ScenarioOverrides.model_construct(**merged)


def to_overrides(parameters: "DataclassInstance") -> ScenarioOverrides:
    """Convert a scenario's parameters to the form of a request."""
    return ScenarioOverrides.model_validate(asdict(parameters), by_name=True, strict=False)
