"""Apply a request's overrides to a scenario's parameters."""

from dataclasses import replace
from typing import Any

from simcrm.models.crm_objects import ObjectType
from simcrm.models.scenario_parameters import ActivityRuleOverride, IntRange, ScenarioOverrides
from simcrm.synthetic import ActivityRule, CountRange, ScenarioParameters


def apply_overrides(parameters: ScenarioParameters, overrides: ScenarioOverrides) -> ScenarioParameters:
    """Return a scenario's parameters with overrides applied; caps and budgets are overridden type by type."""
    changes = {name: _to_domain(value) for name, value in overrides if value is not None}
    for name in ("caps", "budgets"):
        if name in changes:
            changes[name] = {**getattr(parameters, name), **changes[name]}
    return replace(parameters, **changes)


def _to_domain(value: Any) -> Any:
    if isinstance(value, IntRange):
        return CountRange(value.low, value.high)
    if isinstance(value, tuple):
        return tuple(_to_rule(item) for item in value)
    return {ObjectType(kind): count for kind, count in value.items()} if isinstance(value, dict) else value


def _to_rule(rule: ActivityRuleOverride) -> ActivityRule:
    fields = rule.model_dump()
    unless = None if rule.unless is None else ObjectType(rule.unless)
    return ActivityRule(**{**fields, "object_type": ObjectType(rule.object_type), "unless": unless})
