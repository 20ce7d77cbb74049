"""Generate the rows of a batch for the writer: contacts with their companies, then activities wave by wave."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simcrm.core.json_types import JsonObject
from simcrm.generation.text.apply_text import apply_to_activity, apply_to_pair
from simcrm.generation.text.record_prompts import activity_code
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.lifecycle import RetimedLead, apply_proposed_times
from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.planning.record_timelines import RecordTimelines
from simcrm.planning.waves import TimedActivity, max_waves, plan_waves


@dataclass(frozen=True, slots=True)
class RowGenerator:
    """Generates the rows of one simulation's batches; equal plans and texts give equal bytes."""

    timelines: RecordTimelines
    text_results: Mapping[int, RecordTextResult] = field(default_factory=dict)
    """Text results by record; a record that is absent keeps the sampler's text."""

    @classmethod
    def from_plan(cls, plan: SimulationPlan, pack_paths: tuple[str, ...] = ()) -> "RowGenerator":
        """Create the generator for a plan; ``pack_paths`` are files with additional scenarios."""
        return cls(RecordTimelines.from_plan(plan, pack_paths))

    @property
    def plan(self) -> SimulationPlan:
        """The plan whose batches are generated."""
        return self.timelines.plan

    def with_texts(self, text_results: Mapping[int, RecordTextResult]) -> "RowGenerator":
        """Return the same generator, using the model's text."""
        return replace(self, text_results=text_results)

    def contact_rows(self, batch: Batch) -> list[JsonObject]:
        """Return a row per record: its index, contact and company."""
        return [self._contact_row(index) for index in batch.indexes]

    def waves(self, batch: Batch) -> list[list[TimedActivity]]:
        """Return the batch's activities, grouped by when they are due."""
        if not self.timelines.has_activities:
            return []
        timed = (
            (event.at, index, place) for index in batch.indexes for place, event in enumerate(self.timeline(index))
        )
        return plan_waves(timed, self.plan.pace, max_waves(self.plan.input.total_records))

    def activity_rows(self, wave: list[TimedActivity]) -> list[JsonObject]:
        """Return a row per activity of a wave."""
        timelines = {activity.index: self.timeline(activity.index) for activity in wave}
        return [self._activity_row(activity.index, timelines[activity.index], activity.event) for activity in wave]

    def timeline(self, index: int) -> list[ActivityEvent]:
        """Return the timeline of a record, at the times that the model proposed if it was asked to."""
        retimed = self._retimed_lead(index)
        return self.timelines.for_record(index) if retimed is None else retimed.events

    def _retimed_lead(self, index: int) -> RetimedLead | None:
        """Return the record's timeline as timed by the model; None if the model was not asked to."""
        result = self.text_results.get(index)
        if result is None or not self.timelines.is_timed_by_model:
            return None
        events = self.timelines.for_record(index)
        zone, cutoff = self.timelines.synthetic_generator.zone(index), self.timelines.lifecycle_settings["cutoff"]
        return apply_proposed_times(
            events, self.timelines.triggers(index), _proposed_delays(events, result), zone=zone, cutoff=cutoff
        )

    def _contact_row(self, index: int) -> JsonObject:
        at, synthetic_generator = self.plan.arrivals.at(index), self.timelines.synthetic_generator
        pair, result = synthetic_generator.pair(index, at), self.text_results.get(index)
        if result is not None:
            retimed = self._retimed_lead(index)
            counts = None if retimed is None else {"model": retimed.by_model, "rules": retimed.by_default}
            pair = apply_to_pair(pair, synthetic_generator.facts(index), result, at, counts)
        return {
            "index": index,
            "companyIndex": pair.company_index,
            "contact": pair.contact | {"lifecyclestage": self.timelines.initial_stage(index)},
            "company": pair.company,
        }

    def _activity_row(self, index: int, timeline: list[ActivityEvent], place: int) -> JsonObject:
        event = timeline[place]
        is_change = any(_is_same_object(event, earlier) for earlier in timeline[:place])
        return {
            "index": index,
            "companyIndex": self.timelines.company_index(index),
            "type": event.object_type,
            "ordinal": event.ordinal,
            "dealOrdinal": None if event.deal is None else 0,
            "properties": self._activity_properties(index, event, is_change=is_change),
        }

    def _activity_properties(self, index: int, event: ActivityEvent, *, is_change: bool) -> Properties:
        if event.stage is not None:
            return {"lifecyclestage": event.stage}
        synthetic_generator, result = self.timelines.synthetic_generator, self.text_results.get(index)
        properties = synthetic_generator.activity(index, event)
        if result is None:
            return properties
        return apply_to_activity(event, properties, synthetic_generator.facts(index), result, is_change=is_change)


def _proposed_delays(events: list[ActivityEvent], result: RecordTextResult) -> list[int | None]:
    """Return when the model would place each event, in minutes after its cause; None if the model does not say."""
    texts = [] if result.text is None else result.text.activities
    delays = {activity.code: activity.delay_minutes for activity in texts}
    return [
        delays.get(activity_code(event.object_type, event.ordinal)) if event.stage is None else None for event in events
    ]


def _is_same_object(event: ActivityEvent, earlier: ActivityEvent) -> bool:
    return (event.object_type, event.ordinal) == (earlier.object_type, earlier.ordinal)
