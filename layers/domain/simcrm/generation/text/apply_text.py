"""Puts the model's words into the properties that the sampler composed; facts stay the sampler's."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from simcrm.generation.text.company_name_claims import domain_of
from simcrm.generation.text.record_prompts import activity_code
from simcrm.generation.text.record_text import Told
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import LeadFacts, Pair
from simcrm.synthetic.hubspot_values import iso

METADATA = "simcrm_generation_metadata"
TITLE = {
    ObjectType.DEALS: "dealname",
    ObjectType.CALLS: "hs_call_title",
    ObjectType.TASKS: "hs_task_subject",
    ObjectType.TICKETS: "subject",
}
BODY = {
    ObjectType.DEALS: "simcrm_sales_notes",
    ObjectType.NOTES: "hs_note_body",
    ObjectType.CALLS: "hs_call_body",
    ObjectType.TASKS: "hs_task_body",
    ObjectType.TICKETS: "content",
}
CONTACT_WORDS = {
    "j": "jobtitle",
    "s": "simcrm_original_source",
    "c": "simcrm_marketing_consent_detail",
    "r": "simcrm_lead_reasoning",
}


def proposed_minutes(events: Sequence[ActivityEvent], told: Told) -> list[int | None]:
    """When the model would put each event, in minutes after its cause; None where it does not say."""
    said = {} if told.words is None else {words.x: words.m for words in told.words.a}
    return [
        said.get(activity_code(event.object_type, event.ordinal)) if event.stage is None else None for event in events
    ]


def retold_pair(
    pair: Pair, facts: LeadFacts, told: Told, at: datetime, timing: Mapping[str, int] | None = None
) -> Pair:
    """The pair in the model's words; only its metadata changes where the record fell back."""
    names = new_names(facts, told)
    contact = _renamed(pair.contact, names) | {METADATA: told.origin.metadata(iso(at), timing)}
    company = _renamed(pair.company, names)
    company[METADATA] = told.origin.metadata(company["simcrm_simulated_at"])
    if told.words is not None:
        contact |= _contact_words(told)
        company |= _company_words(told)
    if told.name and told.stem:
        domain = domain_of(facts, told.stem)
        company |= {"name": told.name, "domain": domain}
        contact["email"] = _address(facts, told.stem, domain)
    return Pair(pair.company_index, contact, company)


def retold_activity(
    event: ActivityEvent, properties: Properties, facts: LeadFacts, told: Told, *, is_change: bool = False
) -> Properties:
    """An activity in the model's words, or with the names that its pair has by now.

    What only changes keeps its title; its text tells of the change, which the model was not asked about.
    """
    kind = event.object_type
    retold = _renamed(properties, new_names(facts, told))
    words = told.words.activity(activity_code(kind, event.ordinal)) if told.words is not None else None
    if words is not None:
        if not is_change:
            retold[BODY[kind]] = _with_final_name(words.b, told)
        if kind in TITLE and words.t:
            retold[TITLE[kind]] = _with_final_name(words.t, told)
    if kind is ObjectType.DEALS and told.words is not None and told.words.i:
        retold["simcrm_product_interest"] = json.dumps(told.words.i, ensure_ascii=False)
    if METADATA in retold:
        retold[METADATA] = told.origin.metadata(iso(event.at))
    return retold


def new_names(facts: LeadFacts, told: Told) -> Mapping[str, str]:
    """What composed texts must say instead: the company's name, domain and the person's position."""
    names: dict[str, str] = {}
    if told.name and told.stem:
        company = facts.company
        names[company.domain] = domain_of(facts, told.stem)
        names[company.name] = names[company.short_name] = told.name
    if told.words is not None and told.words.j and facts.job_title:
        names[facts.job_title] = told.words.j
    return names


def _contact_words(told: Told) -> Properties:
    given = {name: getattr(told.words, field) for field, name in CONTACT_WORDS.items()}
    return {name: text for name, text in given.items() if text}


def _company_words(told: Told) -> Properties:
    words: Properties = {}
    if told.words is not None and told.words.s:
        words["simcrm_original_source"] = told.words.s
    if told.words is not None and told.words.i:
        words["simcrm_product_interest"] = json.dumps(told.words.i, ensure_ascii=False)
    return words


def _address(facts: LeadFacts, stem: str, domain: str) -> str:
    """The address at the new domain, or of a firm whose mailbox at a provider carries its name."""
    local, _, host = facts.email.partition("@")
    if host == facts.company.domain:
        return f"{local}@{domain}"
    return f"{stem}@{host}" if local == facts.company.stem else facts.email


def _renamed(properties: Properties, names: Mapping[str, str]) -> Properties:
    renamed = dict(properties)
    for old, new in names.items():
        renamed = {key: value.replace(old, new) if " " in value else value for key, value in renamed.items()}
    return renamed


def _with_final_name(text: str, told: Told) -> str:
    if told.words is None or not told.words.n or not told.name or told.name == told.words.n:
        return text
    return text.replace(told.words.n, told.name)
