"""Generate what a step of a batch writes: once, even if it is retried, redriven or resumed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.apply_text import apply_to_activity, apply_to_pair, proposed_delays
from simcrm.generation.text.record_prompts import RecordPrompt, build_activity_prompt, build_record_prompt
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.lifecycle import (
    RetimedLead,
    apply_proposed_times,
    default_delay_minutes,
)
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.waves import TimedActivity, max_waves, plan_waves
from simcrm.storage import file_names
from simcrm.storage.simulation_files import SimulationFiles
from simcrm.synthetic import SyntheticGenerator


@dataclass(frozen=True, slots=True)
class BatchGenerator:
    """Generates the rows of one simulation's batches; equal plans give equal bytes."""

    timelines: RecordTimelines
    text_results: Mapping[int, RecordTextResult] = field(default_factory=dict)
    """Text results by record; a record that is absent keeps the sampler's text."""

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "BatchGenerator":
        """Create the generator for a plan; ``pack_paths`` are files with additional scenarios."""
        return cls(RecordTimelines.from_plan(plan, pack_paths))

    @property
    def plan(self) -> SimulationPlan:
        """The plan whose batches are generated."""
        return self.timelines.plan

    @property
    def synthetic_generator(self) -> SyntheticGenerator:
        """The sampler of facts, and of text that no model writes."""
        return self.timelines.synthetic_generator

    def with_texts(self, text_results: Mapping[int, RecordTextResult]) -> "BatchGenerator":
        """Return the same generator, using the model's text."""
        return replace(self, text_results=text_results)

    def record_prompts(self, batch: Batch) -> list[RecordPrompt]:
        """Return the prompt of each record, including all its activities."""
        return [self._record_prompt(index) for index in batch.indexes]

    def contact_rows(self, batch: Batch) -> list[JsonObject]:
        """Return a row per record: its index, contact and company."""
        return [self._contact_row(index) for index in batch.indexes]

    def waves(self, batch: Batch) -> list[list[TimedActivity]]:
        """Return the batch's activities, grouped by when they are due."""
        if not self.timelines.has_activities:
            return []
        timed = (
            (event.at, index, place) for index in batch.indexes for place, event in enumerate(self._timeline(index))
        )
        return plan_waves(timed, self.plan.pace, max_waves(self.plan.input.total_records))

    def batch_timelines(self, batch: Batch) -> list[list[ActivityEvent]]:
        """Return the timeline of each record of a batch."""
        return [self._timeline(index) if self.timelines.has_activities else [] for index in batch.indexes]

    def activity_rows(self, wave: list[TimedActivity]) -> list[JsonObject]:
        """Return a row per activity of a wave."""
        timelines = {activity.index: self._timeline(activity.index) for activity in wave}
        return [self._activity_row(activity.index, timelines[activity.index], activity.event) for activity in wave]

    def _timeline(self, index: int) -> list[ActivityEvent]:
        timing = self._retimed_lead(index)
        return self.timelines.for_record(index) if timing is None else timing.events

    def _retimed_lead(self, index: int) -> RetimedLead | None:
        """Return the record's timeline as timed by the model; None if the model was not asked to."""
        result = self.text_results.get(index)
        if result is None or not self._is_timed:
            return None
        events = self.timelines.for_record(index)
        proposals = proposed_delays(events, result)
        zone, cutoff = self.synthetic_generator.zone(index), self.timelines.lifecycle_settings["cutoff"]
        return apply_proposed_times(events, self.timelines.triggers(index), proposals, zone=zone, cutoff=cutoff)

    @property
    def _is_timed(self) -> bool:
        return self.plan.input.ai.smart_scheduling and self.timelines.has_activities

    def _record_prompt(self, index: int) -> RecordPrompt:
        events = self.timelines.for_record(index) if self.timelines.has_activities else []
        triggers = self.timelines.triggers(index) if self._is_timed else []
        event_by_object = {
            (event.object_type, event.ordinal): event for event in reversed(events) if event.stage is None
        }
        described = sorted(event_by_object.values(), key=lambda event: event.at)
        activities = tuple(
            build_activity_prompt(
                event, self.synthetic_generator.activity(index, event), default_delay_minutes(event, triggers)
            )
            for event in described
        )
        shares = self.plan.input.contacts_per_company > 1
        return build_record_prompt(self.synthetic_generator.facts(index), activities, shares_company=shares)

    def _contact_row(self, index: int) -> JsonObject:
        at = self.plan.arrivals.at(index)
        pair, result = self.synthetic_generator.pair(index, at), self.text_results.get(index)
        if result is not None:
            timing = self._retimed_lead(index)
            counts = None if timing is None else {"model": timing.by_model, "rules": timing.by_default}
            pair = apply_to_pair(pair, self.synthetic_generator.facts(index), result, at, counts)
        return {
            "index": index,
            "companyIndex": pair.company_index,
            "contact": pair.contact | {"lifecyclestage": self.timelines.initial_stage(index)},
            "company": pair.company,
        }

    def _properties(self, index: int, event: ActivityEvent) -> Properties:
        if event.stage is not None:
            return {"lifecyclestage": event.stage}
        return self.synthetic_generator.activity(index, event)

    def _activity_row(self, index: int, timeline: list[ActivityEvent], place: int) -> JsonObject:
        event, result = timeline[place], self.text_results.get(index)
        properties = self._properties(index, event)
        if result is not None and event.stage is None:
            is_change = any(_is_same(event, earlier) for earlier in timeline[:place])
            facts = self.synthetic_generator.facts(index)
            properties = apply_to_activity(event, properties, facts, result, is_change=is_change)
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
class GeneratedFile:
    """Where the rows of a step are stored, and how many there are."""

    source: str
    count: int
    was_created: bool
    indexes: tuple[int, ...] = field(default=(), compare=False)
    """The record of each row that was generated by this call and has text."""


def generate_contacts(files: SimulationFiles, generator: BatchGenerator, batch: Batch) -> GeneratedFile:
    """Write the pairs of a batch, unless an earlier attempt has done so."""
    return _write_once(files, file_names.records_file(batch.number), lambda: generator.contact_rows(batch))


def generate_wave(files: SimulationFiles, generator: BatchGenerator, batch: Batch, wave: int) -> GeneratedFile:
    """Write the activities of a wave, unless an earlier attempt has done so."""
    name = file_names.activities_file(batch.number, wave)
    return _write_once(files, name, lambda: generator.activity_rows(generator.waves(batch)[wave]))


def _write_once(files: SimulationFiles, name: str, make_rows: Callable[[], list[JsonObject]]) -> GeneratedFile:
    existing = files.read_lines(name)
    if existing is not None:
        return GeneratedFile(name, len(existing), was_created=False)
    rows = make_rows()
    files.write_lines(name, rows)
    return GeneratedFile(
        name,
        len(rows),
        was_created=True,
        indexes=tuple(row["index"] for row in rows if row.get("type") != ObjectType.CONTACTS),
    )
