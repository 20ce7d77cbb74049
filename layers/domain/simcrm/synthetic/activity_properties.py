"""Write the properties of a record's activities, all based on the record's story."""

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent, DealOutcome, LifecycleTrigger
from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.hubspot_values import fallback_metadata, to_json_array
from simcrm.synthetic.seeded_random import RandomStream, StreamRandom, WeightedChoice
from simcrm.synthetic.template_variables import TemplateVariables

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
LEFT_VOICEMAIL = "b2cf5968-551e-4856-9783-52b3da59a7d0"
LEFT_MESSAGE = "a4c4c377-d246-4b32-a13b-75a56a4cd0ff"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
BUSY = "9d9162e7-6cf3-4944-bf63-4dff82258764"
_CALL_OUTCOMES = WeightedChoice(("connected", "voicemail", "message", "no_answer", "busy"), (62, 18, 6, 11, 3))
_DISPOSITIONS = {
    "connected": CONNECTED,
    "voicemail": LEFT_VOICEMAIL,
    "message": LEFT_MESSAGE,
    "no_answer": NO_ANSWER,
    "busy": BUSY,
}
_CALL_STATUSES = {"no_answer": "NO_ANSWER", "busy": "BUSY"}
_CATEGORIES = WeightedChoice(("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"), (52, 16, 14, 18))
_PRIORITIES = {
    "hot": ("HIGH", "MEDIUM", "HIGH"),
    "warm": ("MEDIUM", "LOW", "MEDIUM"),
    "cold": ("LOW", "MEDIUM", "NONE"),
}
_TICKET_PRIORITIES = WeightedChoice(("LOW", "MEDIUM", "HIGH", "URGENT"), (28, 44, 22, 6))
_TICKET_STAGES = WeightedChoice(("1", "2", "3", "4"), (30, 18, 16, 36))
_TASK_TYPES = WeightedChoice(("CALL", "EMAIL", "TODO"), (42, 34, 24))


def activity_properties(context: LocaleContext, facts: LeadFacts, event: ActivityEvent) -> Properties:
    """Return the properties of one activity."""
    part = list(ObjectType).index(event.object_type) * 1000 + event.ordinal
    rng = context.seed.stream(RandomStream.ACTIVITY, facts.index, part)
    return _WRITERS[event.object_type](context, facts, event, rng)


def _deal(context: LocaleContext, facts: LeadFacts, event: ActivityEvent, rng: StreamRandom) -> Properties:
    if event.deal is None:
        raise ValueError("the event of a deal needs its state")
    variables = TemplateVariables(context, facts, event.at)
    properties = {
        "dealname": variables.templates.text("deal_name", variables, rng),
        "amount": str(facts.amount),
        "dealstage": event.deal.stage,
        "closedate": to_iso_utc(event.deal.closes_at),
        "createdate": to_iso_utc(event.deal.opened_at),
        "dealtype": "newbusiness" if rng.bernoulli(0.85) else "existingbusiness",
        "simcrm_product_interest": to_json_array(facts.company.interests),
        "simcrm_sales_notes": variables.templates.text(f"sales_notes_{event.deal.outcome}", variables, rng),
        "simcrm_generation_metadata": fallback_metadata(event.at),
    }
    if event.deal.outcome is not DealOutcome.OPEN:
        name = f"closed_{event.deal.outcome}_reason"
        properties[name] = variables.templates.text(name, variables, rng)
    return properties


def _note(context: LocaleContext, facts: LeadFacts, event: ActivityEvent, rng: StreamRandom) -> Properties:
    variables = TemplateVariables(context, facts, event.at)
    if event.trigger is LifecycleTrigger.CREATED:
        variables["opened"] = _render(f"opened_{facts.company.source_kind}", variables, rng)
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_note_body": variables.templates.text(f"note_{event.trigger}", variables, rng),
    }


def _call(context: LocaleContext, facts: LeadFacts, event: ActivityEvent, rng: StreamRandom) -> Properties:
    variables = TemplateVariables(context, facts, event.at)
    outcome = _CALL_OUTCOMES.pick(rng)
    minutes = 3 + rng.randbelow(28) if outcome == "connected" else 0
    seconds = minutes * 60 + (5 + rng.randbelow(50))
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_call_title": variables.templates.text("call_title", variables, rng),
        "hs_call_body": variables.templates.text(f"call_{outcome}", variables, rng),
        "hs_call_duration": str(seconds * 1000),
        "hs_call_direction": "INBOUND" if outcome == "connected" and rng.bernoulli(0.18) else "OUTBOUND",
        "hs_call_status": _CALL_STATUSES.get(outcome, "COMPLETED"),
        "hs_call_disposition": _DISPOSITIONS[outcome],
    }


def _task(context: LocaleContext, facts: LeadFacts, event: ActivityEvent, rng: StreamRandom) -> Properties:
    variables = TemplateVariables(context, facts, event.at)
    kind = _TASK_TYPES.pick(rng)
    return {
        "hs_timestamp": to_iso_utc(event.at),
        "hs_task_subject": variables.templates.text(f"task_{kind}_subject", variables, rng),
        "hs_task_body": variables.templates.text(f"task_{kind}", variables, rng),
        "hs_task_status": "COMPLETED" if rng.bernoulli(0.55) else "NOT_STARTED",
        "hs_task_priority": rng.choice(_PRIORITIES[facts.temperature]),
        "hs_task_type": kind,
    }


def _ticket(context: LocaleContext, facts: LeadFacts, event: ActivityEvent, rng: StreamRandom) -> Properties:
    variables = TemplateVariables(context, facts, event.at)
    lost = event.trigger is LifecycleTrigger.LOST
    category = "GENERAL_INQUIRY" if lost else _CATEGORIES.pick(rng)
    variables["matter"] = _render("matter_lost" if lost else f"matter_{category}", variables, rng)
    return {
        "subject": variables.templates.text("ticket_subject", variables, rng),
        "content": variables.templates.text(f"ticket_{category}", variables, rng),
        "hs_pipeline": "0",
        "hs_pipeline_stage": _TICKET_STAGES.pick(rng),
        "hs_ticket_category": category,
        "hs_ticket_priority": _TICKET_PRIORITIES.pick(rng),
        "simcrm_generation_metadata": fallback_metadata(event.at),
        "simcrm_simulated_at": to_iso_utc(event.at),
    }


_WRITERS = {
    ObjectType.DEALS: _deal,
    ObjectType.NOTES: _note,
    ObjectType.CALLS: _call,
    ObjectType.TASKS: _task,
    ObjectType.TICKETS: _ticket,
}


def _render(rule: str, variables: TemplateVariables, rng: StreamRandom) -> str:
    grammar = variables.templates
    return grammar.expand(rng.choice(grammar.rules[rule]), variables, rng)
