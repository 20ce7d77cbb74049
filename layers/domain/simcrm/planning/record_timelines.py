"""What happens to each record of a simulation, and when, according to the scenario's rules."""

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
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleStage, TriggerEvent
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic import ScenarioParameters, SyntheticGenerator
from simcrm.synthetic.seeded_random import SeedSequence


@dataclass(frozen=True, slots=True)
class RecordTimelines:
    """The timelines of one simulation's records; equal plans yield equal timelines."""

    plan: SimulationPlan
    synthetic_generator: SyntheticGenerator
    lifecycle_settings: LifecycleSettings

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "RecordTimelines":
        """Create the timelines of a plan; ``pack_paths`` names files with additional scenarios."""
        generator = SyntheticGenerator(replace(plan.generation, pack_paths=pack_paths))
        return cls(plan, generator, _lifecycle_settings(plan, generator.parameters))

    @property
    def without_cutoff(self) -> "RecordTimelines":
        """The same timelines without the cut-off at the maximum duration of the execution."""
        return (
            self
            if self.plan.pace.is_at_once
            else replace(self, lifecycle_settings={**self.lifecycle_settings, "cutoff": None})
        )

    @property
    def has_activities(self) -> bool:
        """Whether anything happens to records after they are created."""
        return self.plan.input.activities.enabled

    @property
    def is_timed_by_model(self) -> bool:
        """Whether the model that writes the text also proposes when activities happen."""
        return self.plan.input.ai.smart_scheduling and self.has_activities

    @property
    def budgets(self) -> Mapping[ObjectType, int]:
        """Maximum number of activities in the whole simulation, by type; a type without a budget is absent."""
        return self._parameters.budgets

    def compute_budget_cutoffs(self) -> BudgetCutoffs:
        """Compute the cut-offs that keep the whole simulation within its budgets."""
        if not self.has_activities:
            return {}
        caps, budgets = self._parameters.caps, self._parameters.budgets
        return compute_budget_cutoffs(
            SeedSequence(self.plan.seed), self.plan.input.total_records, self.unbudgeted_timeline, caps, budgets
        )

    def for_batch(self, batch: Batch) -> list[list[ActivityEvent]]:
        """Return the timeline of each record of a batch."""
        return [self.for_record(index) if self.has_activities else [] for index in batch.indexes]

    def for_record(self, index: int) -> list[ActivityEvent]:
        """Return the timeline of a record within the budgets, in chronological order."""
        return apply_budget(SeedSequence(self.plan.seed), index, self.unbudgeted_timeline(index), self.plan.budget_cuts)

    def unbudgeted_timeline(self, index: int) -> list[ActivityEvent]:
        """Return the timeline of a record as if budgets were unlimited."""
        at, zone = self.plan.arrivals.at(index), self.synthetic_generator.zone(index)
        return simulate_lead(SeedSequence(self.plan.seed), index, at, **self.lifecycle_settings, zone=zone)

    def triggers(self, index: int) -> list[TriggerEvent]:
        """Return the lifecycle triggers of a record, which cause its activities."""
        at, zone = self.plan.arrivals.at(index), self.synthetic_generator.zone(index)
        return lifecycle_triggers(SeedSequence(self.plan.seed), index, at, self.lifecycle_settings, zone)

    def initial_stage(self, index: int) -> LifecycleStage:
        """Return the lifecycle stage with which a record is created."""
        at, zone = self.plan.arrivals.at(index), self.synthetic_generator.zone(index)
        return initial_stage(SeedSequence(self.plan.seed), index, at, **self.lifecycle_settings, zone=zone)

    def company_index(self, index: int) -> int:
        """Return the company index of a record; it never decreases from one record to the next."""
        return self.synthetic_generator.company_index(index)

    @property
    def _parameters(self) -> ScenarioParameters:
        return self.lifecycle_settings["parameters"]


def _lifecycle_settings(plan: SimulationPlan, scenario: ScenarioParameters) -> LifecycleSettings:
    """Return the scenario's lifecycle settings with the input's overrides, the plan's pipeline, and its cut-off."""
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
