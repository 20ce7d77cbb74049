"""Generate what a step of a batch writes: once, whatever is retried, redriven or resumed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.apply_text import proposed_minutes, retold_activity, retold_pair
from simcrm.generation.text.record_prompts import RecordBrief, activity_brief, record_brief
from simcrm.generation.text.record_text import Told
from simcrm.lifecycle import (
    Timing,
    retimed,
    usual_minutes,
)
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.waves import TimedActivity, most_waves, plan_waves
from simcrm.storage import file_names
from simcrm.storage.simulation_files import Artifacts
from simcrm.synthetic import SyntheticGenerator


@dataclass(frozen=True, slots=True)
class BatchGenerator:
    """Makes the rows of one simulation's batches; equal plans give equal bytes."""

    timelines: RecordTimelines
    told: Mapping[int, Told] = field(default_factory=dict)
    """What became of the words of records; a record that is not in it keeps the sampler's."""

    @classmethod
    def of(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "BatchGenerator":
        """The generator that a plan asks for; ``pack_paths`` name files with further scenarios."""
        return cls(RecordTimelines.from_plan(plan, pack_paths))

    @property
    def plan(self) -> SimulationPlan:
        """The plan whose batches it makes."""
        return self.timelines.plan

    @property
    def generator(self) -> SyntheticGenerator:
        """The sampler of facts and of texts without a model."""
        return self.timelines.generator

    def with_words(self, told: Mapping[int, Told]) -> "BatchGenerator":
        """The same generator, writing the model's words."""
        return replace(self, told=told)

    def briefs(self, batch: Batch) -> list[RecordBrief]:
        """What the model is told of each record and all its activities."""
        return [self._brief(index) for index in batch.indexes]

    def pairs(self, batch: Batch) -> list[JsonObject]:
        """A row per record: its index, its contact and its company."""
        return [self._pair(index) for index in batch.indexes]

    def waves(self, batch: Batch) -> list[list[TimedActivity]]:
        """The batch's activities, grouped by when they are due."""
        if not self.timelines.has_activities:
            return []
        timed = ((event.at, index, place) for index in batch.indexes for place, event in enumerate(self._life(index)))
        return plan_waves(timed, self.plan.pace, most_waves(self.plan.input.total_records))

    def lives(self, batch: Batch) -> list[list[ActivityEvent]]:
        """What happens to each record of a batch."""
        return [self._life(index) if self.timelines.has_activities else [] for index in batch.indexes]

    def activities(self, wave: list[TimedActivity]) -> list[JsonObject]:
        """A row per activity of a wave."""
        lives = {activity.index: self._life(activity.index) for activity in wave}
        return [self._activity(activity.index, lives[activity.index], activity.event) for activity in wave]

    def _life(self, index: int) -> list[ActivityEvent]:
        timing = self._timing(index)
        return self.timelines.of_record(index) if timing is None else timing.events

    def _timing(self, index: int) -> Timing | None:
        """The life as the model would time it, where it was asked to."""
        told = self.told.get(index)
        if told is None or not self._is_timed:
            return None
        events = self.timelines.of_record(index)
        proposals = proposed_minutes(events, told)
        zone, horizon = self.generator.zone(index), self.timelines.world["horizon"]
        return retimed(events, self.timelines.causes(index), proposals, zone=zone, horizon=horizon)

    @property
    def _is_timed(self) -> bool:
        return self.plan.input.ai.smart_scheduling and self.timelines.has_activities

    def _brief(self, index: int) -> RecordBrief:
        events = self.timelines.of_record(index) if self.timelines.has_activities else []
        causes = self.timelines.causes(index) if self._is_timed else []
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
            "contact": pair.contact | {"lifecyclestage": self.timelines.first_stage(index)},
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
            "companyIndex": self.timelines.company_index(index),
            "type": event.object_type,
            "ordinal": event.ordinal,
            "dealOrdinal": None if event.deal is None else 0,
            "properties": properties,
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
