"""Writes the properties of a record's activities, all from its one story."""

from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent, DealOutcome, Moment
from simcrm.synthetic.contacts import Ground
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.hubspot_values import fallback_metadata, iso, json_list
from simcrm.synthetic.seeded_random import Draws, Stream, Weighted
from simcrm.synthetic.template_variables import LeadWords

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
LEFT_VOICEMAIL = "b2cf5968-551e-4856-9783-52b3da59a7d0"
LEFT_MESSAGE = "a4c4c377-d246-4b32-a13b-75a56a4cd0ff"
NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
BUSY = "9d9162e7-6cf3-4944-bf63-4dff82258764"
_OUTCOMES = Weighted(("connected", "voicemail", "message", "no_answer", "busy"), (62, 18, 6, 11, 3))
_DISPOSITIONS = {
    "connected": CONNECTED,
    "voicemail": LEFT_VOICEMAIL,
    "message": LEFT_MESSAGE,
    "no_answer": NO_ANSWER,
    "busy": BUSY,
}
_STATUS = {"no_answer": "NO_ANSWER", "busy": "BUSY"}
_CATEGORIES = Weighted(("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"), (52, 16, 14, 18))
_PRIORITIES = {
    "hot": ("HIGH", "MEDIUM", "HIGH"),
    "warm": ("MEDIUM", "LOW", "MEDIUM"),
    "cold": ("LOW", "MEDIUM", "NONE"),
}
_TICKET_PRIORITIES = Weighted(("LOW", "MEDIUM", "HIGH", "URGENT"), (28, 44, 22, 6))
_TICKET_STAGES = Weighted(("1", "2", "3", "4"), (30, 18, 16, 36))
_TASK_TYPES = Weighted(("CALL", "EMAIL", "TODO"), (42, 34, 24))


def activity_properties(ground: Ground, facts: LeadFacts, event: ActivityEvent) -> Properties:
    """The properties of one activity."""
    part = list(ObjectType).index(event.object_type) * 1000 + event.ordinal
    draws = ground.seed.draws(Stream.ACTIVITY, facts.index, part)
    return _WRITERS[event.object_type](ground, facts, event, draws)


def _deal(ground: Ground, facts: LeadFacts, event: ActivityEvent, draws: Draws) -> Properties:
    if event.deal is None:
        raise ValueError("the event of a deal needs its state")
    words = LeadWords(ground, facts, event.at)
    properties = {
        "dealname": words.grammar.text("deal_name", words, draws),
        "amount": str(facts.amount),
        "dealstage": event.deal.stage,
        "closedate": iso(event.deal.closes_at),
        "createdate": iso(event.deal.opened_at),
        "dealtype": "newbusiness" if draws.chance(0.85) else "existingbusiness",
        "simcrm_product_interest": json_list(facts.company.interests),
        "simcrm_sales_notes": words.grammar.text(f"sales_notes_{event.deal.outcome}", words, draws),
        "simcrm_generation_metadata": fallback_metadata(event.at),
    }
    if event.deal.outcome is not DealOutcome.OPEN:
        name = f"closed_{event.deal.outcome}_reason"
        properties[name] = words.grammar.text(name, words, draws)
    return properties


def _note(ground: Ground, facts: LeadFacts, event: ActivityEvent, draws: Draws) -> Properties:
    words = LeadWords(ground, facts, event.at)
    if event.moment is Moment.CREATED:
        words["opened"] = _phrase(f"opened_{facts.company.source_kind}", words, draws)
    return {"hs_timestamp": iso(event.at), "hs_note_body": words.grammar.text(f"note_{event.moment}", words, draws)}


def _call(ground: Ground, facts: LeadFacts, event: ActivityEvent, draws: Draws) -> Properties:
    words = LeadWords(ground, facts, event.at)
    outcome = _OUTCOMES.pick(draws)
    minutes = 3 + draws.below(28) if outcome == "connected" else 0
    seconds = minutes * 60 + (5 + draws.below(50))
    return {
        "hs_timestamp": iso(event.at),
        "hs_call_title": words.grammar.text("call_title", words, draws),
        "hs_call_body": words.grammar.text(f"call_{outcome}", words, draws),
        "hs_call_duration": str(seconds * 1000),
        "hs_call_direction": "INBOUND" if outcome == "connected" and draws.chance(0.18) else "OUTBOUND",
        "hs_call_status": _STATUS.get(outcome, "COMPLETED"),
        "hs_call_disposition": _DISPOSITIONS[outcome],
    }


def _task(ground: Ground, facts: LeadFacts, event: ActivityEvent, draws: Draws) -> Properties:
    words = LeadWords(ground, facts, event.at)
    kind = _TASK_TYPES.pick(draws)
    return {
        "hs_timestamp": iso(event.at),
        "hs_task_subject": words.grammar.text(f"task_{kind}_subject", words, draws),
        "hs_task_body": words.grammar.text(f"task_{kind}", words, draws),
        "hs_task_status": "COMPLETED" if draws.chance(0.55) else "NOT_STARTED",
        "hs_task_priority": draws.pick(_PRIORITIES[facts.temperature]),
        "hs_task_type": kind,
    }


def _ticket(ground: Ground, facts: LeadFacts, event: ActivityEvent, draws: Draws) -> Properties:
    words = LeadWords(ground, facts, event.at)
    lost = event.moment is Moment.LOST
    category = "GENERAL_INQUIRY" if lost else _CATEGORIES.pick(draws)
    words["matter"] = _phrase("matter_lost" if lost else f"matter_{category}", words, draws)
    return {
        "subject": words.grammar.text("ticket_subject", words, draws),
        "content": words.grammar.text(f"ticket_{category}", words, draws),
        "hs_pipeline": "0",
        "hs_pipeline_stage": _TICKET_STAGES.pick(draws),
        "hs_ticket_category": category,
        "hs_ticket_priority": _TICKET_PRIORITIES.pick(draws),
        "simcrm_generation_metadata": fallback_metadata(event.at),
        "simcrm_simulated_at": iso(event.at),
    }


_WRITERS = {
    ObjectType.DEALS: _deal,
    ObjectType.NOTES: _note,
    ObjectType.CALLS: _call,
    ObjectType.TASKS: _task,
    ObjectType.TICKETS: _ticket,
}


def _phrase(rule: str, words: LeadWords, draws: Draws) -> str:
    grammar = words.grammar
    return grammar.phrase(draws.pick(grammar.rules[rule]), words, draws)
