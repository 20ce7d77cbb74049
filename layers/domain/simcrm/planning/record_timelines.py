"""When what happens to each record of a simulation, by the scenario's rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simcrm.lifecycle import Cuts, World, budget_cuts, life_of_lead, stage_of_lead, turning_points, within_budget
from simcrm.lifecycle.stage_changes import Cause
from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import ActivityEvent, LifecycleStage
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic import ScenarioParameters, SyntheticGenerator
from simcrm.synthetic.seeded_random import Seed


@dataclass(frozen=True, slots=True)
class RecordTimelines:
    """The timelines of one simulation's records; equal plans give equal ones."""

    plan: SimulationPlan
    generator: SyntheticGenerator
    world: World

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "RecordTimelines":
        """The timelines that a plan asks for; ``pack_paths`` name files with further scenarios."""
        generator = SyntheticGenerator(replace(plan.generation, pack_paths=pack_paths))
        return cls(plan, generator, _world(plan, generator.parameters))

    @property
    def without_cutoff(self) -> "RecordTimelines":
        """The same timelines as if the execution that waits for their waves had no end."""
        return self if self.plan.pace.is_at_once else replace(self, world={**self.world, "horizon": None})

    @property
    def has_activities(self) -> bool:
        """Whether anything happens to a record after it was created."""
        return self.plan.input.activities.enabled

    @property
    def budgets(self) -> Mapping[ObjectType, int]:
        """The most activities of the whole simulation, by type; a type without a budget is absent."""
        return self._parameters.budgets

    def budget_cuts(self) -> Cuts:
        """What the budgets leave of the whole simulation."""
        if not self.has_activities:
            return {}
        caps, budgets = self._parameters.caps, self._parameters.budgets
        return budget_cuts(Seed(self.plan.seed), self.plan.input.total_records, self.unbudgeted, caps, budgets)

    def of_batch(self, batch: Batch) -> list[list[ActivityEvent]]:
        """What happens to each record of a batch."""
        return [self.of_record(index) if self.has_activities else [] for index in batch.indexes]

    def of_record(self, index: int) -> list[ActivityEvent]:
        """What happens to a record within the budgets, in the order of time."""
        return within_budget(Seed(self.plan.seed), index, self.unbudgeted(index), self.plan.budget_cuts)

    def unbudgeted(self, index: int) -> list[ActivityEvent]:
        """What would happen to a record if no budget were short."""
        at, zone = self.plan.arrivals.at(index), self.generator.zone(index)
        return life_of_lead(Seed(self.plan.seed), index, at, **self.world, zone=zone)

    def causes(self, index: int) -> list[Cause]:
        """The moments of a record's life that cause its activities."""
        at, zone = self.plan.arrivals.at(index), self.generator.zone(index)
        return turning_points(Seed(self.plan.seed), index, at, self.world, zone)

    def first_stage(self, index: int) -> LifecycleStage:
        """The stage that a record is created with."""
        at, zone = self.plan.arrivals.at(index), self.generator.zone(index)
        return stage_of_lead(Seed(self.plan.seed), index, at, **self.world, zone=zone)

    def company_index(self, index: int) -> int:
        """The company of a record; it never falls from one record to the next."""
        return self.generator.company_index(index)

    @property
    def _parameters(self) -> ScenarioParameters:
        return self.world["parameters"]


def _world(plan: SimulationPlan, scenario: ScenarioParameters) -> World:
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
        "horizon": plan.pace.horizon,
        "unfolds": not plan.pace.is_at_once,
    }
