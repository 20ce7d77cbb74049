"""Adjusts objects to what the portal accepts before they are sent, and counts each adjustment."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from simcrm.core.log import log_event
from simcrm.hubspot.custom_properties import CUSTOM_PROPERTY_NAMES, KEY_PROPERTIES, RECORD_KEY
from simcrm.hubspot.input_errors import InputError
from simcrm.hubspot.portal_setup import missing_properties_error
from simcrm.hubspot.validation.property_definitions import PropertyDefinitionCache
from simcrm.hubspot.validation.property_rules import OWNER, PIPELINES, REQUIRED, ObjectRules
from simcrm.hubspot.validation.value_coercion import Adjustment, coerce
from simcrm.models.crm_objects import CrmObject, ObjectType, Properties

CUSTOM_MIN_REFRESH_SECONDS = 5
"""The maximum age of definitions that lack one of SimCRM's properties."""

IDENTITY_PROPERTIES = (
    KEY_PROPERTIES | {"email", "domain"} | {name for groups in REQUIRED.values() for group in groups for name in group}
)
"""Without these a record would be a different one or none, so they are never dropped after a refusal."""


@dataclass(slots=True)
class Validator:
    """Validates against one portal; adjustments are counted until they are reported."""

    definitions: PropertyDefinitionCache
    _adjustments: Counter[tuple[ObjectType, Adjustment, str]] = field(default_factory=Counter)

    def check(self, objects: Sequence[CrmObject]) -> tuple[list[CrmObject], dict[str, str]]:
        """The objects as the portal accepts them, and by key why the others cannot be written.

        Raises:
            MissingPropertiesError: the portal has lost the properties that identify records.
        """
        self._require_custom_properties(objects)
        valid: list[CrmObject] = []
        refused: dict[str, str] = {}
        for item in objects:
            checked = self._coerce_object(item)
            reason = missing_required(checked)
            if reason is None:
                valid.append(checked)
            else:
                refused[item.key] = reason
        return valid, refused

    def _require_custom_properties(self, objects: Sequence[CrmObject]) -> None:
        """Refresh definitions that lack one of SimCRM's properties, which a resume may have created again."""
        for kind in dict.fromkeys(item.object_type for item in objects):
            own = CUSTOM_PROPERTY_NAMES & {
                name for item in objects if item.object_type is kind for name in item.properties
            }
            missing = own - self.definitions.rules_for(kind).properties.keys()
            if missing:
                rules = self.definitions.refresh(kind, 0 if missing & KEY_PROPERTIES else CUSTOM_MIN_REFRESH_SECONDS)
                lost = own - rules.properties.keys()
                if lost & KEY_PROPERTIES:
                    raise missing_properties_error(kind, sorted(lost))

    def fix_properties(self, item: CrmObject, input_error: InputError) -> CrmObject | None:
        """The object without what HubSpot refused, after refreshing the definitions.

        None if HubSpot named no property, or one that the object cannot do without.
        """
        named = {problem.name for problem in input_error.property_errors} & item.properties.keys()
        if not named or named & IDENTITY_PROPERTIES:
            return None
        rules = self.definitions.refresh(item.object_type)
        properties = dict(item.properties)
        for name in sorted(named):
            rule = rules.properties.get(name)
            value = None if rule is None else coerce(rule, properties[name])[0]
            del properties[name]
            if value is None or value == item.properties[name]:
                self._count(item.object_type, Adjustment.REFUSED_DROPPED, name)
            else:
                properties[name] = value
                self._count(item.object_type, Adjustment.REFUSED_CORRECTED, name)
        return replace(item, properties=properties)

    def has_key(self, kind: ObjectType) -> bool:
        """Whether the portal enforces unique record keys for this type."""
        key = self.definitions.rules_for(kind).properties.get(RECORD_KEY)
        return key is not None and key.unique

    def report(self) -> None:
        """Log one line for each kind of adjustment since the last report."""
        grouped: dict[tuple[ObjectType, Adjustment], dict[str, int]] = {}
        for (kind, decision, name), count in self._adjustments.items():
            grouped.setdefault((kind, decision), {})[name] = count
        for (kind, decision), names in grouped.items():
            log_event(
                "VALUES_ADJUSTED",
                "values were adjusted to the portal's definitions",
                level=logging.WARNING,
                object=kind.value,
                decision=decision.value,
                count=sum(names.values()),
                properties=names,
            )
        self._adjustments.clear()

    def _coerce_object(self, item: CrmObject) -> CrmObject:
        rules = self.definitions.rules_for(item.object_type)
        coerced: Properties = {}
        for name, value in item.properties.items():
            rule = rules.properties.get(name)
            if rule is None and name not in KEY_PROPERTIES:
                self._count(item.object_type, Adjustment.UNKNOWN_PROPERTY, name)
                continue
            fitted, decision = (value, None) if rule is None else coerce(rule, value)
            if decision is not None:
                self._count(item.object_type, decision, name)
            if fitted is not None:
                coerced[name] = fitted
        self._fix_placement(item.object_type, rules, coerced)
        return replace(item, properties=coerced)

    def _fix_placement(self, kind: ObjectType, rules: ObjectRules, properties: Properties) -> None:
        """Drop an unknown owner, and replace an unknown pipeline or stage with the first one."""
        if OWNER in properties and properties[OWNER] not in rules.owners:
            del properties[OWNER]
            self._count(kind, Adjustment.UNKNOWN_OWNER, OWNER)
        if kind not in PIPELINES or not rules.pipelines:
            return
        pipeline, stage = PIPELINES[kind]
        if properties.get(pipeline) not in rules.pipelines:
            properties[pipeline] = next(iter(rules.pipelines))
            self._count(kind, Adjustment.PIPELINE_REPLACED, pipeline)
        stages = rules.pipelines[properties[pipeline]]
        if stage in properties and properties[stage] not in stages and stages:
            properties[stage] = stages[0]
            self._count(kind, Adjustment.STAGE_REPLACED, stage)

    def _count(self, kind: ObjectType, adjustment: Adjustment, name: str) -> None:
        self._adjustments[kind, adjustment, name] += 1


def missing_required(item: CrmObject) -> str | None:
    """Why HubSpot could not create the object, if a required property is missing; an update creates nothing."""
    if item.is_update:
        return None
    for group in REQUIRED[item.object_type]:
        if not any(item.properties.get(name) for name in group):
            return f"HubSpot requires {' or '.join(group)}, which has no valid value"
    return None
