"""Put the model's text into the composed properties; facts stay those of the account."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial

from simcrm.generation.text.company_name_claims import company_domain, plain_name
from simcrm.generation.text.record_text import ActivityText, RecordText, RecordTextResult
from simcrm.generation.text.text_kinds import EMAIL_LETTER, find_text_kinds, text_key
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic.email_properties import split_quote, to_html
from simcrm.synthetic.facts import ContactFacts

METADATA_PROPERTY = "simcrm_generation_metadata"
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
    updated[METADATA_PROPERTY] = result.metadata(company["simcrm_simulated_at"])
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
        METADATA_PROPERTY: result.metadata(contact["simcrm_simulated_at"], timing)
    }
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
    *,
    answered: int | None = None,
) -> Properties:
    """Return an activity of a contact with the model's text, or with the account's current names.

    A change to an existing object keeps the composed bodies, as they describe the change, which the model does not
    know. ``answered`` is the ordinal of the contact's e-mail that this one answers and quotes.
    """
    renamed = _replace_names(properties, name_replacements(facts, result, lead_result))
    updated, written = dict(renamed), (result.text or RecordText()).rename(partial(_own_names, facts, lead_result))
    for kind in find_text_kinds(properties, event.object_type):
        text = written.activity(text_key(kind, event.ordinal))
        if text is not None and not event.is_change:
            updated[kind.body_property] = to_html(text.body) if kind.is_html else text.body
        if text is not None and kind.title_property is not None and text.title:
            updated[kind.title_property] = text.title
    if event.object_type is ObjectType.EMAILS:
        quoted = None if answered is None else written.activity(f"{EMAIL_LETTER}{answered}")
        updated |= _mail_texts(renamed, written.activity(f"{EMAIL_LETTER}{event.ordinal}"), quoted)
    if event.object_type is ObjectType.DEALS and written.product_interests:
        updated["simcrm_product_interest"] = json.dumps(written.product_interests, ensure_ascii=False)
    if METADATA_PROPERTY in updated:
        updated[METADATA_PROPERTY] = result.metadata(_generated_at(properties))
    return updated


def _mail_texts(composed: Properties, own: ActivityText | None, quoted: ActivityText | None) -> Properties:
    """Return an e-mail's texts in agreement with each other: an answer has the subject of its mail and quotes it.

    ``own`` is the model's text of the mail and ``quoted`` that of the mail that it answers.
    """
    subject = composed["hs_email_subject"]
    body, quote = split_quote(composed["hs_email_text"])
    if own is not None:
        body, subject = own.body, own.title or subject
    if quoted is not None and quote:
        header = quote.partition("\n")[0]
        quote = "\n".join([header, *(f"> {line}".rstrip() for line in quoted.body.split("\n"))])
        subject = f"Re: {quoted.title}" if quoted.title else subject
    text = f"{body}\n\n{quote}" if quote else body
    return {"hs_email_subject": subject, "hs_email_text": text, "hs_email_html": to_html(text)}


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


def _contact_texts(result: RecordTextResult, facts: ContactFacts, lead_result: RecordTextResult | None) -> Properties:
    """Return the model's texts of a contact; where the contact came from is its company's."""
    own = result.text or RecordText()
    lead = own if lead_result is None else lead_result.text or RecordText()
    texts = {name: getattr(own, field) for field, name in CONTACT_TEXT_PROPERTIES.items()}
    texts[CONTACT_TEXT_PROPERTIES["original_source"]] = lead.original_source
    return {name: _own_names(facts, lead_result, text) for name, text in texts.items() if text}


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


def _own_names(facts: ContactFacts, lead_result: RecordTextResult | None, text: str) -> str:
    """Return a model's text with the company's final name in place of all names that the model knew."""
    company, lead_text = facts.company, None if lead_result is None else lead_result.text
    final = company.short_name if lead_result is None else lead_result.company_name or company.short_name
    written = () if lead_text is None else (lead_text.company_name, lead_text.other_name)
    return name_in_texts(text, [name for name in (*written, company.name, company.short_name) if name], final)


def name_in_texts(text: str, names: Iterable[str], final: str) -> str:
    """Return a text with a company's final name in place of other names of it, with or without legal form."""
    known = {name for full in names for name in (full, plain_name(full))}
    for old in sorted(known - {final, plain_name(final)}, key=len, reverse=True):
        text = _replace_name(text, old, final)
    return text


def _replace_name(text: str, old: str, new: str) -> str:
    """Replace a name that is no part of a longer word, or of the new name."""
    edge = r"\w" if old.isascii() else "(?!)"
    kept = text.split(new) if old in new else [text]
    return new.join(re.sub(rf"(?<!{edge}){re.escape(old)}(?!{edge})", lambda _: new, part) for part in kept)
