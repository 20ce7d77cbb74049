"""What the model is told about a record: a line with its facts, and a line per activity."""

from dataclasses import dataclass
from datetime import datetime

from simcrm.generation.text.record_text import RECORD_KEYS
from simcrm.lifecycle.llm_timing import default_delay_minutes
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.account_histories import AccountHistories
from simcrm.planning.batches import Batch
from simcrm.planning.plan_document import SimulationPlan
from simcrm.synthetic.activity_properties import (
    BUSY,
    CONNECTED,
    LEFT_MESSAGE,
    LEFT_VOICEMAIL,
    NO_ANSWER,
    activity_properties,
)
from simcrm.synthetic.facts import ContactFacts

TYPE_CODES = {
    ObjectType.DEALS: "d",
    ObjectType.NOTES: "n",
    ObjectType.CALLS: "c",
    ObjectType.TASKS: "t",
    ObjectType.TICKETS: "k",
}
OUTPUT_TOKENS = {
    ObjectType.DEALS: 58,
    ObjectType.NOTES: 62,
    ObjectType.CALLS: 62,
    ObjectType.TASKS: 48,
    ObjectType.TICKETS: 60,
}
"""Output tokens per activity, based on the length that the prompts ask for."""
TIMING_TOKENS = 5
PAIR_TOKENS = 80
_OUTCOMES = {
    CONNECTED: "connected",
    LEFT_VOICEMAIL: "voicemail",
    LEFT_MESSAGE: "message left",
    NO_ANSWER: "no answer",
    BUSY: "busy",
}
_UNTITLED_TYPES = {ObjectType.NOTES}
COMPANY_FIELDS = ("company_name", "original_source", "product_interests")
"""Fields of a company, which its first contact's prompt asks for."""


@dataclass(frozen=True, slots=True)
class ActivityPrompt:
    """An activity to write text for; ``code`` is its type's letter and its ordinal."""

    code: str
    text: str
    is_titled: bool
    output_tokens: int


@dataclass(frozen=True, slots=True)
class RecordPrompt:
    """A record to write text for; ``fields`` are the fields of ``RecordText`` to write."""

    index: int
    locale: str
    text: str
    fields: tuple[str, ...]
    activities: tuple[ActivityPrompt, ...] = ()

    @property
    def response_keys(self) -> tuple[str, ...]:
        """The JSON keys of the fields in the response."""
        return tuple(RECORD_KEYS[name] for name in self.fields)

    @property
    def output_tokens(self) -> int:
        """The estimated tokens that the model will write."""
        return PAIR_TOKENS + sum(activity.output_tokens for activity in self.activities)


@dataclass(frozen=True, slots=True)
class RecordPromptBuilder:
    """Builds the prompts of one simulation's contacts; always the same for the same batch."""

    histories: AccountHistories

    @classmethod
    def from_plan(cls, plan: SimulationPlan) -> "RecordPromptBuilder":
        """Create the builder for a plan."""
        return cls(AccountHistories.from_plan(plan))

    def build_prompts(self, batch: Batch) -> list[RecordPrompt]:
        """Build the prompt of each contact of a batch, including all its activities."""
        return [self._build_prompt(index) for index in batch.indexes]

    def _build_prompt(self, index: int) -> RecordPrompt:
        facts = self.histories.generator.facts(index)
        return build_record_prompt(facts, self._activity_prompts(index))

    def _activity_prompts(self, index: int) -> tuple[ActivityPrompt, ...]:
        """Build a prompt per object: one that changes later is described as it begins."""
        history = self.histories.history(self.histories.company_index(index))
        begun = [event for event in self.histories.events(index) if not event.is_change and event.stage is None]
        return tuple(
            build_activity_prompt(
                event,
                activity_properties(self.histories.writer(history, event.at), event),
                default_delay_minutes(history.story, event) if self.histories.is_timed_by_model else None,
            )
            for event in begun
            if event.object_type in TYPE_CODES
        )


def activity_code(kind: ObjectType, ordinal: int) -> str | None:
    """Return the short name of an activity within its record, such as ``n0``; None if no model writes the type."""
    return f"{TYPE_CODES[kind]}{ordinal}" if kind in TYPE_CODES else None


def build_record_prompt(facts: ContactFacts, activities: tuple[ActivityPrompt, ...]) -> RecordPrompt:
    """Build the prompt for a record; the first contact of an account names its company."""
    fields = ["consent_detail", "lead_reasoning"]
    is_lead = facts.position == 0
    if is_lead:
        fields = [*COMPANY_FIELDS[:2], *fields, COMPANY_FIELDS[2]]
    if facts.job_title:
        fields.insert(fields.index("consent_detail"), "job_title")
    if activities:
        fields.append("activities")
    line = _facts_line(facts, names_company=not is_lead)
    return RecordPrompt(facts.index, facts.company.locale, line, tuple(fields), activities)


def build_activity_prompt(
    event: ActivityEvent, properties: Properties, default_delay: int | None = None
) -> ActivityPrompt:
    """Build the prompt for an activity from its event and the properties that the sampler drew.

    ``default_delay`` is given if the model may time the activity: its delay after its scene, in minutes.
    """
    kind = event.object_type
    code = f"{TYPE_CODES[kind]}{event.ordinal}"
    line = f"{code} {_day(event.at)} {event.trigger} {_DETAILS[kind](event, properties)}".rstrip()
    tokens = OUTPUT_TOKENS[kind]
    if default_delay is not None:
        line, tokens = f"{line} +{default_delay}m", tokens + TIMING_TOKENS
    return ActivityPrompt(code, line, kind not in _UNTITLED_TYPES, tokens)


def _facts_line(facts: ContactFacts, *, names_company: bool) -> str:
    company = facts.company
    industry = company.industry.replace("_", " ").lower()
    person = f"{facts.person.first} {facts.person.last}"
    position = f" {facts.seniority} {facts.function}" if facts.job_title else ""
    parts = [
        f"{person}{position}",
        f"{company.short_name} {industry}" if names_company else industry,
        f"{company.employees} staff" if facts.job_title else "",
        company.place.city,
        f"via {company.source_kind.replace('_', ' ')}",
        f"{facts.temperature} {facts.engagement_score}",
        "/".join(company.interests),
        facts.subject.pain,
    ]
    return "; ".join(part for part in parts if part)


def _deal(event: ActivityEvent, properties: Properties) -> str:
    amount = f"{properties['amount']} {properties.get('deal_currency_code', '')}".rstrip()
    if event.deal is None:
        return amount
    return f"{amount} {event.deal.outcome} closes {_day(event.deal.closes_at)}"


def _call(_event: ActivityEvent, properties: Properties) -> str:
    minutes = int(properties["hs_call_duration"]) // 60_000
    outcome = _OUTCOMES.get(properties["hs_call_disposition"], "connected")
    return f"{outcome} {minutes} min" if minutes else outcome


def _task(_event: ActivityEvent, properties: Properties) -> str:
    return properties["hs_task_type"].lower()


def _ticket(_event: ActivityEvent, properties: Properties) -> str:
    return properties["hs_ticket_category"].replace("_", " ").lower()


def _note(_event: ActivityEvent, _properties: Properties) -> str:
    return ""


_DETAILS = {
    ObjectType.DEALS: _deal,
    ObjectType.NOTES: _note,
    ObjectType.CALLS: _call,
    ObjectType.TASKS: _task,
    ObjectType.TICKETS: _ticket,
}


def _day(at: datetime) -> str:
    return f"{at:%m-%d}"
