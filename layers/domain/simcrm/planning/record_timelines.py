"""When what happens to each record of a simulation, by the scenario's rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simcrm.lifecycle import (
    BudgetCutoffs,
    LifecycleSettings,
    apply_budget,
    compute_budget_cutoffs,
    initial_stage,
    lifecycle_triggers,
    simulate_lead,
)
from simcrm.lifecycle.stage_changes import TriggerEvent
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleStage
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic import ScenarioParameters, SyntheticGenerator
from simcrm.synthetic.seeded_random import SeedSequence


@dataclass(frozen=True, slots=True)
class RecordTimelines:
    """The timelines of one simulation's records; equal plans give equal ones."""

    plan: SimulationPlan
    synthetic_generator: SyntheticGenerator
    lifecycle_settings: LifecycleSettings

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "RecordTimelines":
        """The timelines that a plan asks for; ``pack_paths`` name files with further scenarios."""
        generator = SyntheticGenerator(replace(plan.generation, pack_paths=pack_paths))
        return cls(plan, generator, _lifecycle_settings(plan, generator.parameters))

    @property
    def without_cutoff(self) -> "RecordTimelines":
        """The same timelines as if the execution that waits for their waves had no end."""
        return (
            self
            if self.plan.pace.is_at_once
            else replace(self, lifecycle_settings={**self.lifecycle_settings, "cutoff": None})
        )

    @property
    def has_activities(self) -> bool:
        """Whether anything happens to a record after it was created."""
        return self.plan.input.activities.enabled

    @property
    def budgets(self) -> Mapping[ObjectType, int]:
        """The most activities of the whole simulation, by type; a type without a budget is absent."""
        return self._parameters.budgets

    def compute_budget_cutoffs(self) -> BudgetCutoffs:
        """What the budgets leave of the whole simulation."""
        if not self.has_activities:
            return {}
        caps, budgets = self._parameters.caps, self._parameters.budgets
        return compute_budget_cutoffs(
            SeedSequence(self.plan.seed), self.plan.input.total_records, self.unbudgeted_timeline, caps, budgets
        )

    def for_batch(self, batch: Batch) -> list[list[ActivityEvent]]:
        """What happens to each record of a batch."""
        return [self.for_record(index) if self.has_activities else [] for index in batch.indexes]

    def for_record(self, index: int) -> list[ActivityEvent]:
        """What happens to a record within the budgets, in the order of time."""
        return apply_budget(SeedSequence(self.plan.seed), index, self.unbudgeted_timeline(index), self.plan.budget_cuts)

    def unbudgeted_timeline(self, index: int) -> list[ActivityEvent]:
        """What would happen to a record if no budget were short."""
        at, zone = self.plan.arrivals.at(index), self.synthetic_generator.zone(index)
        return simulate_lead(SeedSequence(self.plan.seed), index, at, **self.lifecycle_settings, zone=zone)

    def triggers(self, index: int) -> list[TriggerEvent]:
        """The moments of a record's life that cause its activities."""
        at, zone = self.plan.arrivals.at(index), self.synthetic_generator.zone(index)
        return lifecycle_triggers(SeedSequence(self.plan.seed), index, at, self.lifecycle_settings, zone)

    def initial_stage(self, index: int) -> LifecycleStage:
        """The stage that a record is created with."""
        at, zone = self.plan.arrivals.at(index), self.synthetic_generator.zone(index)
        return initial_stage(SeedSequence(self.plan.seed), index, at, **self.lifecycle_settings, zone=zone)

    def company_index(self, index: int) -> int:
        """The company of a record; it never falls from one record to the next."""
        return self.synthetic_generator.company_index(index)

    @property
    def _parameters(self) -> ScenarioParameters:
        return self.lifecycle_settings["parameters"]


def _lifecycle_settings(plan: SimulationPlan, scenario: ScenarioParameters) -> LifecycleSettings:
    """The scenario's rhythm with what the input says otherwise, in the plan's portal and time."""
    requested = plan.input.activities
    parameters = replace(
        scenario,
        caps={**scenario.caps, **{ObjectType(kind): limit for kind, limit in requested.caps.items()}},
        budgets={**scenario.budgets, **{ObjectType(kind): limit for kind, limit in requested.budgets.items()}},
    )
    return {
        "parameters": parameters,
        "pipeline": plan.pipeline,
        "cutoff": plan.pace.cutoff,
        "emit_stage_changes": not plan.pace.is_at_once,
    }
