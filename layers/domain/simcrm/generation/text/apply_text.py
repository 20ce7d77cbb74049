"""Put the model's text into the properties that the sampler composed; facts stay the sampler's."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from simcrm.core.timestamps import to_iso_utc
from simcrm.generation.text.company_name_claims import company_domain
from simcrm.generation.text.record_prompts import activity_code
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import LeadFacts, Pair

METADATA_PROPERTY = "simcrm_generation_metadata"
TITLE_PROPERTY = {
    ObjectType.DEALS: "dealname",
    ObjectType.CALLS: "hs_call_title",
    ObjectType.TASKS: "hs_task_subject",
    ObjectType.TICKETS: "subject",
}
BODY_PROPERTY = {
    ObjectType.DEALS: "simcrm_sales_notes",
    ObjectType.NOTES: "hs_note_body",
    ObjectType.CALLS: "hs_call_body",
    ObjectType.TASKS: "hs_task_body",
    ObjectType.TICKETS: "content",
}
CONTACT_TEXT_PROPERTIES = {
    "j": "jobtitle",
    "s": "simcrm_original_source",
    "c": "simcrm_marketing_consent_detail",
    "r": "simcrm_lead_reasoning",
}


def proposed_delays(events: Sequence[ActivityEvent], result: RecordTextResult) -> list[int | None]:
    """Return when the model would place each event, in minutes after its cause; None if the model does not say."""
    delays = {} if result.words is None else {activity.x: activity.m for activity in result.words.a}
    return [
        delays.get(activity_code(event.object_type, event.ordinal)) if event.stage is None else None for event in events
    ]


def apply_to_pair(
    pair: Pair, facts: LeadFacts, result: RecordTextResult, at: datetime, timing: Mapping[str, int] | None = None
) -> Pair:
    """Return the pair with the model's text; if the record fell back, only its metadata changes."""
    names = name_replacements(facts, result)
    contact = _replace_names(pair.contact, names) | {METADATA_PROPERTY: result.origin.metadata(to_iso_utc(at), timing)}
    company = _replace_names(pair.company, names)
    company[METADATA_PROPERTY] = result.origin.metadata(company["simcrm_simulated_at"])
    if result.words is not None:
        contact |= _contact_texts(result)
        company |= _company_texts(result)
    if result.name and result.stem:
        domain = company_domain(facts, result.stem)
        company |= {"name": result.name, "domain": domain}
        contact["email"] = _email_address(facts, result.stem, domain)
    return Pair(pair.company_index, contact, company)


def apply_to_activity(
    event: ActivityEvent, properties: Properties, facts: LeadFacts, result: RecordTextResult, *, is_change: bool = False
) -> Properties:
    """Return an activity with the model's text, or with its pair's current names.

    A change to an existing object keeps the sampler's body, as it describes the change, which the model does not know.
    """
    kind = event.object_type
    updated = _replace_names(properties, name_replacements(facts, result))
    activity_text = result.words.activity(activity_code(kind, event.ordinal)) if result.words is not None else None
    if activity_text is not None:
        if not is_change:
            updated[BODY_PROPERTY[kind]] = _replace_company_name(activity_text.b, result)
        if kind in TITLE_PROPERTY and activity_text.t:
            updated[TITLE_PROPERTY[kind]] = _replace_company_name(activity_text.t, result)
    if kind is ObjectType.DEALS and result.words is not None and result.words.i:
        updated["simcrm_product_interest"] = json.dumps(result.words.i, ensure_ascii=False)
    if METADATA_PROPERTY in updated:
        updated[METADATA_PROPERTY] = result.origin.metadata(to_iso_utc(event.at))
    return updated


def name_replacements(facts: LeadFacts, result: RecordTextResult) -> Mapping[str, str]:
    """Return replacements for composed text: the company's name and domain, and the person's job title."""
    names: dict[str, str] = {}
    if result.name and result.stem:
        company = facts.company
        names[company.domain] = company_domain(facts, result.stem)
        names[company.name] = names[company.short_name] = result.name
    if result.words is not None and result.words.j and facts.job_title:
        names[facts.job_title] = result.words.j
    return names


def _contact_texts(result: RecordTextResult) -> Properties:
    texts = {name: getattr(result.words, field) for field, name in CONTACT_TEXT_PROPERTIES.items()}
    return {name: text for name, text in texts.items() if text}


def _company_texts(result: RecordTextResult) -> Properties:
    texts: Properties = {}
    if result.words is not None and result.words.s:
        texts["simcrm_original_source"] = result.words.s
    if result.words is not None and result.words.i:
        texts["simcrm_product_interest"] = json.dumps(result.words.i, ensure_ascii=False)
    return texts


def _email_address(facts: LeadFacts, stem: str, domain: str) -> str:
    """Return the address at the new domain; a mailbox at a provider named after the company gets the new name."""
    local, _, host = facts.email.partition("@")
    if host == facts.company.domain:
        return f"{local}@{domain}"
    return f"{stem}@{host}" if local == facts.company.domain_stem else facts.email


def _replace_names(properties: Properties, names: Mapping[str, str]) -> Properties:
    renamed = dict(properties)
    for old, new in names.items():
        renamed = {key: value.replace(old, new) if " " in value else value for key, value in renamed.items()}
    return renamed


def _replace_company_name(text: str, result: RecordTextResult) -> str:
    if result.words is None or not result.words.n or not result.name or result.name == result.words.n:
        return text
    return text.replace(result.words.n, result.name)
