"""Put the model's text into the properties that the sampler composed; facts stay the sampler's."""

import json
from collections.abc import Mapping
from datetime import datetime

from simcrm.core.timestamps import to_iso_utc
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
    "job_title": "jobtitle",
    "original_source": "simcrm_original_source",
    "consent_detail": "simcrm_marketing_consent_detail",
    "lead_reasoning": "simcrm_lead_reasoning",
}
"""The contact properties that hold a model's text, by field of ``RecordText``."""


def apply_to_pair(
    pair: Pair, facts: LeadFacts, result: RecordTextResult, at: datetime, timing: Mapping[str, int] | None = None
) -> Pair:
    """Return the pair with the model's text; if the record fell back, only its metadata changes."""
    names = name_replacements(facts, result)
    contact = _replace_names(pair.contact, names) | {
        METADATA_PROPERTY: result.provenance.metadata(to_iso_utc(at), timing)
    }
    company = _replace_names(pair.company, names)
    company[METADATA_PROPERTY] = result.provenance.metadata(company["simcrm_simulated_at"])
    if result.text is not None:
        contact |= _contact_texts(result)
        company |= _company_texts(result)
    if result.company_name and result.domain_stem:
        domain = company_domain(facts, result.domain_stem)
        company |= {"name": result.company_name, "domain": domain}
        contact["email"] = _email_address(facts, result.domain_stem, domain)
    return Pair(pair.company_index, contact, company)


def apply_to_activity(
    event: ActivityEvent, properties: Properties, facts: LeadFacts, result: RecordTextResult, *, is_change: bool = False
) -> Properties:
    """Return an activity with the model's text, or with its pair's current names.

    A change to an existing object keeps the sampler's body, as it describes the change, which the model does not know.
    """
    kind = event.object_type
    updated = _replace_names(properties, name_replacements(facts, result))
    activity_text = result.text.activity(activity_code(kind, event.ordinal)) if result.text is not None else None
    if activity_text is not None:
        if not is_change:
            updated[BODY_PROPERTY[kind]] = _replace_company_name(activity_text.body, result)
        if kind in TITLE_PROPERTY and activity_text.title:
            updated[TITLE_PROPERTY[kind]] = _replace_company_name(activity_text.title, result)
    if kind is ObjectType.DEALS and result.text is not None and result.text.product_interests:
        updated["simcrm_product_interest"] = json.dumps(result.text.product_interests, ensure_ascii=False)
    if METADATA_PROPERTY in updated:
        updated[METADATA_PROPERTY] = result.provenance.metadata(to_iso_utc(event.at))
    return updated


def name_replacements(facts: LeadFacts, result: RecordTextResult) -> Mapping[str, str]:
    """Return replacements for composed text: the company's name and domain, and the person's job title."""
    names: dict[str, str] = {}
    if result.company_name and result.domain_stem:
        company = facts.company
        names[company.domain] = company_domain(facts, result.domain_stem)
        names[company.name] = names[company.short_name] = result.company_name
    if result.text is not None and result.text.job_title and facts.job_title:
        names[facts.job_title] = result.text.job_title
    return names


def company_domain(facts: LeadFacts, stem: str) -> str:
    """Return the domain of a company whose name has this stem."""
    return facts.company.domain.replace(facts.company.domain_stem, stem, 1)


def _contact_texts(result: RecordTextResult) -> Properties:
    texts = {name: getattr(result.text, field) for field, name in CONTACT_TEXT_PROPERTIES.items()}
    return {name: text for name, text in texts.items() if text}


def _company_texts(result: RecordTextResult) -> Properties:
    texts: Properties = {}
    if result.text is not None and result.text.original_source:
        texts["simcrm_original_source"] = result.text.original_source
    if result.text is not None and result.text.product_interests:
        texts["simcrm_product_interest"] = json.dumps(result.text.product_interests, ensure_ascii=False)
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
    if (
        result.text is None
        or not result.text.company_name
        or not result.company_name
        or result.company_name == result.text.company_name
    ):
        return text
    return text.replace(result.text.company_name, result.company_name)
