"""Put the model's text into the composed properties; facts stay those of the account."""

import json
from collections.abc import Mapping

from simcrm.generation.text.record_prompts import activity_code
from simcrm.generation.text.record_text import RecordTextResult
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic.facts import CompanyFacts, ContactFacts

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


def apply_to_company(company: Properties, lead: ContactFacts, result: RecordTextResult) -> Properties:
    """Return an account's company with the text of its first contact's result."""
    updated = _replace_names(company, name_replacements(lead, result, result))
    updated[METADATA_PROPERTY] = result.provenance.metadata(company["simcrm_simulated_at"])
    if result.text is not None:
        updated |= _company_texts(result)
    if result.company_name and result.domain_stem:
        updated |= {"name": result.company_name, "domain": company_domain(lead.company, result.domain_stem)}
    return updated


def apply_to_contact(
    contact: Properties,
    facts: ContactFacts,
    result: RecordTextResult,
    lead_result: RecordTextResult | None,
    timing: Mapping[str, int] | None = None,
) -> Properties:
    """Return a contact with the model's text; if the record fell back, only its metadata changes.

    Args:
        contact: the composed properties.
        facts: the contact.
        result: the contact's text.
        lead_result: the text of the account's first contact, which names the company.
        timing: how many activities were timed by the model and by the rules.
    """
    updated = _replace_names(contact, name_replacements(facts, result, lead_result)) | {
        METADATA_PROPERTY: result.provenance.metadata(contact["simcrm_simulated_at"], timing)
    }
    if result.text is not None:
        updated |= _contact_texts(result, facts, lead_result)
    if lead_result is not None and lead_result.company_name and lead_result.domain_stem:
        domain = company_domain(facts.company, lead_result.domain_stem)
        updated["email"] = _email_address(facts, lead_result.domain_stem, domain)
    return updated


def apply_to_activity(
    event: ActivityEvent,
    properties: Properties,
    facts: ContactFacts,
    result: RecordTextResult,
    lead_result: RecordTextResult | None,
) -> Properties:
    """Return an activity of a contact with the model's text, or with the account's current names.

    A change to an existing object keeps the composed body, as it describes the change, which the model does not know.
    """
    kind = event.object_type
    names = name_replacements(facts, result, lead_result)
    updated = _replace_names(properties, names)
    code = activity_code(kind, event.ordinal)
    activity_text = result.text.activity(code) if result.text is not None and code is not None else None
    if activity_text is not None:
        if not event.is_change:
            updated[BODY_PROPERTY[kind]] = _own_names(activity_text.body, facts, lead_result)
        if kind in TITLE_PROPERTY and activity_text.title:
            updated[TITLE_PROPERTY[kind]] = _own_names(activity_text.title, facts, lead_result)
    if kind is ObjectType.DEALS and result.text is not None and result.text.product_interests:
        updated["simcrm_product_interest"] = json.dumps(result.text.product_interests, ensure_ascii=False)
    if METADATA_PROPERTY in updated:
        updated[METADATA_PROPERTY] = result.provenance.metadata(_generated_at(properties))
    return updated


def _generated_at(properties: Properties) -> str:
    """Return the time in an object's composed metadata."""
    found: str = json.loads(properties[METADATA_PROPERTY])["generatedAt"]
    return found


def name_replacements(
    facts: ContactFacts, result: RecordTextResult, lead_result: RecordTextResult | None
) -> Mapping[str, str]:
    """Return replacements for composed text: the company's name and domain, and the person's job title."""
    names: dict[str, str] = {}
    if lead_result is not None and lead_result.company_name and lead_result.domain_stem:
        company = facts.company
        names[company.domain] = company_domain(company, lead_result.domain_stem)
        names[company.name] = names[company.short_name] = lead_result.company_name
    if result.text is not None and result.text.job_title and facts.job_title:
        names[facts.job_title] = result.text.job_title
    return names


def company_domain(company: CompanyFacts, stem: str) -> str:
    """Return the domain of a company whose name has this stem."""
    return company.domain.replace(company.domain_stem, stem, 1)


def _contact_texts(result: RecordTextResult, facts: ContactFacts, lead_result: RecordTextResult | None) -> Properties:
    texts = {name: getattr(result.text, field) for field, name in CONTACT_TEXT_PROPERTIES.items()}
    return {name: _own_names(text, facts, lead_result) for name, text in texts.items() if text}


def _company_texts(result: RecordTextResult) -> Properties:
    texts: Properties = {}
    if result.text is not None and result.text.original_source:
        texts["simcrm_original_source"] = result.text.original_source
    if result.text is not None and result.text.product_interests:
        texts["simcrm_product_interest"] = json.dumps(result.text.product_interests, ensure_ascii=False)
    return texts


def _email_address(facts: ContactFacts, stem: str, domain: str) -> str:
    """Return the address at the new domain; a mailbox at a provider named after the company gets the new name."""
    local, _, host = facts.email.partition("@")
    if host == facts.company.domain:
        return f"{local}@{domain}"
    return f"{stem}@{host}" if local == facts.company.domain_stem else facts.email


def _replace_names(properties: Properties, names: Mapping[str, str]) -> Properties:
    """Replace names in texts and in addresses of websites; a single word may be anything else."""
    renamed = dict(properties)
    for old, new in names.items():
        renamed = {
            name: value.replace(old, new) if " " in value or value.startswith("https://") else value
            for name, value in renamed.items()
        }
    return renamed


def _own_names(text: str, facts: ContactFacts, lead_result: RecordTextResult | None) -> str:
    """Return a model's text with the company's final name in place of the names that the model knew."""
    if lead_result is None or not lead_result.company_name:
        return text
    written = lead_result.text.company_name if lead_result.text is not None else None
    for old in (written, facts.company.name, facts.company.short_name):
        if old and old != lead_result.company_name:
            text = text.replace(old, lead_result.company_name)
    return text
