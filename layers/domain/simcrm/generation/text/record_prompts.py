"""What the model is told about a record: a line with its facts, and a line per activity."""

from dataclasses import dataclass
from datetime import datetime

from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import LeadFacts
from simcrm.synthetic.activity_properties import BUSY, CONNECTED, LEFT_MESSAGE, LEFT_VOICEMAIL, NO_ANSWER

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
COMPANY_FIELDS = ("n", "s", "i")
"""Fields of a company; if contacts share one, its text is the sampler's."""


@dataclass(frozen=True, slots=True)
class ActivityPrompt:
    """An activity to write text for; ``code`` is its type's letter and its ordinal."""

    code: str
    text: str
    is_titled: bool
    output_tokens: int


@dataclass(frozen=True, slots=True)
class RecordPrompt:
    """A record to write text for, and the fields to write."""

    index: int
    locale: str
    text: str
    fields: tuple[str, ...]
    activities: tuple[ActivityPrompt, ...] = ()

    @property
    def output_tokens(self) -> int:
        """The estimated tokens that the model will write."""
        return PAIR_TOKENS + sum(activity.output_tokens for activity in self.activities)


def activity_code(kind: ObjectType, ordinal: int) -> str:
    """Return the short name of an activity within its record, such as ``n0``."""
    return f"{TYPE_CODES[kind]}{ordinal}"


def build_record_prompt(
    facts: LeadFacts, activities: tuple[ActivityPrompt, ...], *, shares_company: bool
) -> RecordPrompt:
    """Build the prompt for a record."""
    fields = ["c", "r"]
    if not shares_company:
        fields = [*COMPANY_FIELDS[:2], *fields, COMPANY_FIELDS[2]]
    if facts.job_title:
        fields.insert(fields.index("c"), "j")
    if activities:
        fields.append("a")
    line = _facts_line(facts, shares_company=shares_company)
    return RecordPrompt(facts.index, facts.company.locale, line, tuple(fields), activities)


def build_activity_prompt(
    event: ActivityEvent, properties: Properties, default_delay: int | None = None
) -> ActivityPrompt:
    """Build the prompt for an activity from its event and the properties that the sampler drew.

    ``default_delay`` is given if the model may time the activity: the rules' delay after its cause, in minutes.
    """
    kind = event.object_type
    details = _DETAILS[kind](event, properties)
    line = f"{activity_code(kind, event.ordinal)} {_day(event.at)} {event.trigger} {details}".rstrip()
    tokens = OUTPUT_TOKENS[kind]
    if default_delay is not None:
        line, tokens = f"{line} +{default_delay}m", tokens + TIMING_TOKENS
    return ActivityPrompt(activity_code(kind, event.ordinal), line, kind not in _UNTITLED_TYPES, tokens)


def _facts_line(facts: LeadFacts, *, shares_company: bool) -> str:
    company, story = facts.company, facts.story
    industry = company.industry.replace("_", " ").lower()
    person = f"{facts.person.first} {facts.person.last}"
    position = f" {facts.seniority} {facts.function}" if facts.job_title else ""
    parts = [
        f"{person}{position}",
        f"{company.short_name} {industry}" if shares_company else industry,
        f"{company.employees} staff" if facts.job_title else "",
        company.place.city,
        f"via {company.source_kind.replace('_', ' ')}",
        f"{facts.temperature} {facts.engagement_score}",
        "/".join(company.interests),
        story.pain,
    ]
    return "; ".join(part for part in parts if part)


def _deal(event: ActivityEvent, properties: Properties) -> str:
    if event.deal is None:
        return properties["amount"]
    return f"{properties['amount']} {event.deal.outcome} closes {_day(event.deal.closes_at)}"


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
