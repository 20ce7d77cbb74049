"""Objects on their way to the portal: only what it will take, each decision counted."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from simcrm.core import log
from simcrm.hubspot.custom_properties import KEYS, OWN_NAMES, RECORD_KEY
from simcrm.hubspot.input_errors import Refusal
from simcrm.hubspot.portal_setup import definitions_lost
from simcrm.hubspot.validation.property_definitions import Definitions
from simcrm.hubspot.validation.property_rules import OWNER, PIPELINES, REQUIRED, ObjectRules
from simcrm.hubspot.validation.value_coercion import Decision, fit
from simcrm.models.crm_objects import ObjectType, PlannedObject, Properties

OWN_FRESH_SECONDS = 5
"""How old the definitions may be that lack a property of SimCRM's own."""

IDENTITY = KEYS | {"email", "domain"} | {name for groups in REQUIRED.values() for group in groups for name in group}
"""Without these a record would be another one, or none: they are never dropped after a refusal."""


@dataclass(slots=True)
class Validator:
    """Checks against one portal; decisions are counted until they are reported."""

    definitions: Definitions
    _made: Counter[tuple[ObjectType, Decision, str]] = field(default_factory=Counter)

    def check(self, objects: Sequence[PlannedObject]) -> tuple[list[PlannedObject], dict[str, str]]:
        """The objects as the portal takes them, and by key why others cannot be written.

        Raises:
            DefinitionsLostError: the portal has lost the properties by which records are told apart.
        """
        self._require_own(objects)
        valid: list[PlannedObject] = []
        refused: dict[str, str] = {}
        for item in objects:
            checked = self._checked(item)
            reason = missing(checked)
            if reason is None:
                valid.append(checked)
            else:
                refused[item.key] = reason
        return valid, refused

    def _require_own(self, objects: Sequence[PlannedObject]) -> None:
        """Read the definitions anew where they lack an own property: a resume may have made it again meanwhile."""
        for kind in dict.fromkeys(item.object_type for item in objects):
            own = OWN_NAMES & {name for item in objects if item.object_type is kind for name in item.properties}
            missing = own - self.definitions.of(kind).properties.keys()
            if missing:
                rules = self.definitions.refresh(kind, 0 if missing & KEYS else OWN_FRESH_SECONDS)
                lost = own - rules.properties.keys()
                if lost & KEYS:
                    raise definitions_lost(kind, sorted(lost))

    def repair(self, item: PlannedObject, refusal: Refusal) -> PlannedObject | None:
        """The object without what HubSpot refused, after a new look at the definitions.

        None where HubSpot named no property, or one that the object cannot be without.
        """
        named = {problem.name for problem in refusal.problems} & item.properties.keys()
        if not named or named & IDENTITY:
            return None
        rules = self.definitions.refresh(item.object_type)
        properties = dict(item.properties)
        for name in sorted(named):
            rule = rules.properties.get(name)
            value = None if rule is None else fit(rule, properties[name])[0]
            del properties[name]
            if value is None or value == item.properties[name]:
                self._count(item.object_type, Decision.REFUSED_DROPPED, name)
            else:
                properties[name] = value
                self._count(item.object_type, Decision.REFUSED_MENDED, name)
        return replace(item, properties=properties)

    def has_key(self, kind: ObjectType) -> bool:
        """Whether the portal keeps the record key of this type unique."""
        key = self.definitions.of(kind).properties.get(RECORD_KEY)
        return key is not None and key.unique

    def report(self) -> None:
        """One log line for each kind of decision since the last report."""
        grouped: dict[tuple[ObjectType, Decision], dict[str, int]] = {}
        for (kind, decision, name), count in self._made.items():
            grouped.setdefault((kind, decision), {})[name] = count
        for (kind, decision), names in grouped.items():
            log.event(
                "VALUES_ADJUSTED",
                "values did not fit the portal as they were",
                level=logging.WARNING,
                object=kind.value,
                decision=decision.value,
                count=sum(names.values()),
                properties=names,
            )
        self._made.clear()

    def _checked(self, item: PlannedObject) -> PlannedObject:
        rules = self.definitions.of(item.object_type)
        kept: Properties = {}
        for name, value in item.properties.items():
            rule = rules.properties.get(name)
            if rule is None and name not in KEYS:
                self._count(item.object_type, Decision.UNKNOWN_PROPERTY, name)
                continue
            fitted, decision = (value, None) if rule is None else fit(rule, value)
            if decision is not None:
                self._count(item.object_type, decision, name)
            if fitted is not None:
                kept[name] = fitted
        self._place(item.object_type, rules, kept)
        return replace(item, properties=kept)

    def _place(self, kind: ObjectType, rules: ObjectRules, kept: Properties) -> None:
        """Owner, pipeline and stage must be the portal's; a stage that is not becomes the pipeline's first."""
        if OWNER in kept and kept[OWNER] not in rules.owners:
            del kept[OWNER]
            self._count(kind, Decision.UNKNOWN_OWNER, OWNER)
        if kind not in PIPELINES or not rules.pipelines:
            return
        pipeline, stage = PIPELINES[kind]
        if kept.get(pipeline) not in rules.pipelines:
            kept[pipeline] = next(iter(rules.pipelines))
            self._count(kind, Decision.PIPELINE_REPLACED, pipeline)
        stages = rules.pipelines[kept[pipeline]]
        if stage in kept and kept[stage] not in stages and stages:
            kept[stage] = stages[0]
            self._count(kind, Decision.STAGE_REPLACED, stage)

    def _count(self, kind: ObjectType, decision: Decision, name: str) -> None:
        self._made[kind, decision, name] += 1


def missing(item: PlannedObject) -> str | None:
    """Why HubSpot could not create the object, if something it requires is not there; a change creates nothing."""
    if item.is_change:
        return None
    for group in REQUIRED[item.object_type]:
        if not any(item.properties.get(name) for name in group):
            return f"HubSpot requires {' or '.join(group)}, which has no valid value"
    return None
