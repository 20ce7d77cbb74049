"""Generate what a step of a batch writes: once, whatever is retried, redriven or resumed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.apply_text import proposed_minutes, retold_activity, retold_pair
from simcrm.generation.text.record_prompts import RecordBrief, activity_brief, record_brief
from simcrm.generation.text.record_text import Told
from simcrm.lifecycle import (
    Cuts,
    Timing,
    World,
    budget_cuts,
    life_of_lead,
    retimed,
    stage_of_lead,
    turning_points,
    usual_minutes,
    within_budget,
)
from simcrm.lifecycle.stage_changes import Cause
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent, LifecycleStage
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.waves import TimedActivity, most_waves, plan_waves
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts
from simcrm.synthetic import ScenarioParameters, SyntheticGenerator
from simcrm.synthetic.seeded_random import Seed


@dataclass(frozen=True, slots=True)
class BatchGenerator:
    """Makes the rows of one simulation's batches; equal plans give equal bytes."""

    plan: SimulationPlan
    generator: SyntheticGenerator
    world: World
    told: Mapping[int, Told] = field(default_factory=dict)
    """What became of the words of records; a record that is not in it keeps the sampler's."""

    @classmethod
    def of(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "BatchGenerator":
        """The generator that a plan asks for; ``pack_paths`` name files with further scenarios."""
        generator = SyntheticGenerator(replace(plan.generation, pack_paths=pack_paths))
        return cls(plan, generator, _world(plan, generator.parameters))

    def with_words(self, told: Mapping[int, Told]) -> "BatchGenerator":
        """The same generator, writing the model's words."""
        return replace(self, told=told)

    @property
    def endless(self) -> "BatchGenerator":
        """The same generator as if the execution that waits for its waves had no end."""
        return self if self.plan.pace.is_at_once else replace(self, world={**self.world, "horizon": None})

    def briefs(self, batch: Batch) -> list[RecordBrief]:
        """What the model is told of each record and all its activities."""
        return [self._brief(index) for index in batch.indexes]

    def pairs(self, batch: Batch) -> list[JsonObject]:
        """A row per record: its index, its contact and its company."""
        return [self._pair(index) for index in batch.indexes]

    def waves(self, batch: Batch) -> list[list[TimedActivity]]:
        """The batch's activities, grouped by when they are due."""
        if not self.plan.input.activities.enabled:
            return []
        timed = ((event.at, index, place) for index in batch.indexes for place, event in enumerate(self._life(index)))
        return plan_waves(timed, self.plan.pace, most_waves(self.plan.input.total_records))

    def lives(self, batch: Batch) -> list[list[ActivityEvent]]:
        """What happens to each record of a batch."""
        return [self._life(index) if self.plan.input.activities.enabled else [] for index in batch.indexes]

    def company_index(self, index: int) -> int:
        """The company of a record; it never falls from one record to the next."""
        return self.generator.company_index(index)

    @property
    def budgets(self) -> Mapping[ObjectType, int]:
        """The most activities of the whole simulation, by type; a type without a budget is absent."""
        return self._parameters.budgets

    def budget_cuts(self) -> Cuts:
        """What the budgets leave of the whole simulation."""
        if not self.plan.input.activities.enabled:
            return {}
        caps, budgets = self._parameters.caps, self._parameters.budgets
        return budget_cuts(Seed(self.plan.seed), self.plan.input.total_records, self._whole_life, caps, budgets)

    def activities(self, wave: list[TimedActivity]) -> list[JsonObject]:
        """A row per activity of a wave."""
        lives = {activity.index: self._life(activity.index) for activity in wave}
        return [self._activity(activity.index, lives[activity.index], activity.event) for activity in wave]

    def _life(self, index: int) -> list[ActivityEvent]:
        timing = self._timing(index)
        return self._ruled_life(index) if timing is None else timing.events

    def _timing(self, index: int) -> Timing | None:
        """The life as the model would time it, where it was asked to."""
        told = self.told.get(index)
        if told is None or not self._is_timed:
            return None
        events = self._ruled_life(index)
        proposals = proposed_minutes(events, told)
        zone, horizon = self.generator.zone(index), self.world["horizon"]
        return retimed(events, self._causes(index), proposals, zone=zone, horizon=horizon)

    @property
    def _is_timed(self) -> bool:
        return self.plan.input.ai.smart_scheduling and self.plan.input.activities.enabled

    def _causes(self, index: int) -> list[Cause]:
        at, zone = self.plan.arrivals.at(index), self.generator.zone(index)
        return turning_points(Seed(self.plan.seed), index, at, self.world, zone)

    def _ruled_life(self, index: int) -> list[ActivityEvent]:
        return within_budget(Seed(self.plan.seed), index, self._whole_life(index), self.plan.budget_cuts)

    def _whole_life(self, index: int) -> list[ActivityEvent]:
        """What would happen if no budget were short."""
        return life_of_lead(
            Seed(self.plan.seed), index, self.plan.arrivals.at(index), **self.world, zone=self.generator.zone(index)
        )

    def _stage(self, index: int) -> LifecycleStage:
        return stage_of_lead(
            Seed(self.plan.seed), index, self.plan.arrivals.at(index), **self.world, zone=self.generator.zone(index)
        )

    @property
    def _parameters(self) -> ScenarioParameters:
        return self.world["parameters"]

    def _brief(self, index: int) -> RecordBrief:
        events = self._ruled_life(index) if self.plan.input.activities.enabled else []
        causes = self._causes(index) if self._is_timed else []
        told = {(event.object_type, event.ordinal): event for event in reversed(events) if event.stage is None}
        asked = sorted(told.values(), key=lambda event: event.at)
        activities = tuple(
            activity_brief(event, self.generator.activity(index, event), usual_minutes(event, causes))
            for event in asked
        )
        shares = self.plan.input.contacts_per_company > 1
        return record_brief(self.generator.facts(index), activities, shares_company=shares)

    def _pair(self, index: int) -> JsonObject:
        at = self.plan.arrivals.at(index)
        pair, told = self.generator.pair(index, at), self.told.get(index)
        if told is not None:
            timing = self._timing(index)
            counts = None if timing is None else {"model": timing.by_model, "rules": timing.by_rules}
            pair = retold_pair(pair, self.generator.facts(index), told, at, counts)
        return {
            "index": index,
            "companyIndex": pair.company_index,
            "contact": pair.contact | {"lifecyclestage": self._stage(index)},
            "company": pair.company,
        }

    def _properties(self, index: int, event: ActivityEvent) -> Properties:
        if event.stage is not None:
            return {"lifecyclestage": event.stage}
        return self.generator.activity(index, event)

    def _activity(self, index: int, life: list[ActivityEvent], place: int) -> JsonObject:
        event, told = life[place], self.told.get(index)
        properties = self._properties(index, event)
        if told is not None and event.stage is None:
            is_change = any(_is_same(event, earlier) for earlier in life[:place])
            facts = self.generator.facts(index)
            properties = retold_activity(event, properties, facts, told, is_change=is_change)
        return {
            "index": index,
            "companyIndex": self.company_index(index),
            "type": event.object_type,
            "ordinal": event.ordinal,
            "dealOrdinal": None if event.deal is None else 0,
            "properties": properties,
        }


def _world(plan: SimulationPlan, scenario: ScenarioParameters) -> World:
    """The scenario's rhythm with what the input says otherwise, in the plan's portal and time."""
    wanted = plan.input.activities
    parameters = replace(
        scenario,
        caps={**scenario.caps, **{ObjectType(kind): limit for kind, limit in wanted.caps.items()}},
        budgets={**scenario.budgets, **{ObjectType(kind): limit for kind, limit in wanted.budgets.items()}},
    )
    return {
        "parameters": parameters,
        "pipeline": plan.pipeline,
        "horizon": plan.pace.horizon,
        "unfolds": not plan.pace.is_at_once,
    }


def _is_same(event: ActivityEvent, earlier: ActivityEvent) -> bool:
    return (event.object_type, event.ordinal) == (earlier.object_type, earlier.ordinal)


@dataclass(frozen=True, slots=True)
class Generated:
    """Where the rows of a step are and how many there are."""

    source: str
    count: int
    is_new: bool
    indexes: tuple[int, ...] = field(default=(), compare=False)
    """The record of each row that was made now and has words."""


def generate_contacts(artifacts: Artifacts, maker: BatchGenerator, batch: Batch) -> Generated:
    """Write the pairs of a batch, unless an earlier attempt did."""
    return _write_once(artifacts, file_names.records(batch.number), lambda: maker.pairs(batch))


def generate_wave(artifacts: Artifacts, maker: BatchGenerator, batch: Batch, wave: int) -> Generated:
    """Write the activities of a wave, unless an earlier attempt did."""
    name = file_names.activities(batch.number, wave)
    return _write_once(artifacts, name, lambda: maker.activities(maker.waves(batch)[wave]))


def _write_once(artifacts: Artifacts, name: str, make: Callable[[], list[JsonObject]]) -> Generated:
    kept = artifacts.read_lines(name)
    if kept is not None:
        return Generated(name, len(kept), is_new=False)
    rows = make()
    artifacts.write_lines(name, rows)
    return Generated(
        name,
        len(rows),
        is_new=True,
        indexes=tuple(row["index"] for row in rows if row.get("type") != ObjectType.CONTACTS),
    )
