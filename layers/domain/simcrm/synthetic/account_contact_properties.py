"""Write the properties of an account's contacts and company."""

from datetime import datetime, timedelta

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import LifecycleStage
from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.account_writer import AccountWriter
from simcrm.synthetic.facts import CompanyFacts, ContactFacts
from simcrm.synthetic.hubspot_values import fallback_metadata, to_json_array
from simcrm.synthetic.seeded_random import RandomStream, StreamRandom

_BUYER_ROLES = {
    CommitteeRole.DECISION_MAKER: "Decision Maker",
    CommitteeRole.CHAMPION: "Champion",
    CommitteeRole.END_USER: "End User",
}
_LEAD_STATUSES = {
    LifecycleStage.LEAD: ("NEW", "OPEN", "ATTEMPTED_TO_CONTACT", "UNQUALIFIED"),
    LifecycleStage.MARKETING_QUALIFIED: ("OPEN", "IN_PROGRESS", "CONNECTED"),
    LifecycleStage.OPPORTUNITY: ("OPEN_DEAL",),
    LifecycleStage.CUSTOMER: ("CONNECTED",),
}
_MOBILE_SHARE, _LINKEDIN_SHARE, _STATUS_SHARE, _WEBSITE_SHARE, _ADDRESS_SHARE = 0.45, 0.3, 0.85, 0.7, 0.4
"""How often a seller fills a field. Published for phone and mail together: 60 %; assumed for the others."""


def contact_properties(writer: AccountWriter, position: int, stage: LifecycleStage) -> Properties:
    """Return the properties of a contact that enters the portal with a lifecycle stage."""
    at = writer.story.joined_at[position]
    facts, context = writer.account.contacts[position], writer.context
    rng = context.seed.stream(RandomStream.TEXTS, facts.index)
    company = writer.account.company
    view = writer.view(writer.last_scene(position), position, writer.until or at)
    properties = {
        "firstname": facts.person.first,
        "lastname": facts.person.last,
        "email": facts.email,
        "jobtitle": facts.job_title,
        "phone": facts.phone,
        "city": facts.place.city,
        "state": facts.place.region,
        "zip": _postal_code(context, company, facts, rng),
        "country": company.country,
        "lifecyclestage": stage,
        "simcrm_original_source": company.source,
        "simcrm_buyer_role": _BUYER_ROLES.get(facts.role, "Influencer"),
        "hs_buying_role": facts.role,
        "simcrm_engagement_score": str(facts.engagement_score),
        "simcrm_lead_temperature": facts.temperature,
        "simcrm_lead_reasoning": writer.text(f"reasoning_{facts.temperature}", view, rng),
        "simcrm_marketing_consent_detail": _consent(context, company, facts, at, rng),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": to_iso_utc(at),
    }
    optional = _optional_properties(context, company, facts, stage, rng)
    return {name: value for name, value in (properties | optional).items() if value}


def company_properties(facts: CompanyFacts, at: datetime, stage: LifecycleStage | None = None) -> Properties:
    """Return the properties of a company that was entered into the CRM at ``at``."""
    properties = {
        "name": facts.name,
        "domain": facts.domain,
        "website": f"https://www.{facts.domain}",
        "industry": facts.industry,
        "city": facts.place.city,
        "state": facts.place.region,
        "zip": facts.postal_code,
        "country": facts.country,
        "address": facts.address,
        "phone": facts.phone,
        "founded_year": str(facts.founded) if facts.is_founding_known else "",
        "type": "PROSPECT" if facts.is_typed and stage is not LifecycleStage.CUSTOMER else "",
        "numberofemployees": str(facts.employees),
        "annualrevenue": str(facts.revenue),
        "description": facts.description,
        "simcrm_original_source": facts.source,
        "simcrm_product_interest": to_json_array(facts.interests),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": to_iso_utc(at),
    }
    known = {name: value for name, value in properties.items() if value}
    return known if stage is None else {**known, "lifecyclestage": stage}


def _optional_properties(
    context: LocaleContext, company: CompanyFacts, facts: ContactFacts, stage: LifecycleStage, rng: StreamRandom
) -> Properties:
    """Return the fields that a seller fills for some contacts only."""
    found = {}
    if rng.bernoulli(_MOBILE_SHARE):
        found["mobilephone"] = context.locale.mobile(facts.place, rng)
    if rng.bernoulli(_STATUS_SHARE):
        found["hs_lead_status"] = rng.choice(_LEAD_STATUSES[stage])
    if facts.job_title and rng.bernoulli(_WEBSITE_SHARE):
        found["website"] = f"https://www.{company.domain}"
    if facts.job_title and rng.bernoulli(_LINKEDIN_SHARE):
        slug = facts.email.partition("@")[0].replace(".", "-").replace("_", "-")
        found["hs_linkedin_url"] = f"https://www.{company.domain}/team/{slug}"
    if rng.bernoulli(_ADDRESS_SHARE):
        works_there = facts.place is company.place and not context.pack.is_consumer
        found["address"] = company.address if works_there else context.locale.address(rng)
    return {name: value for name, value in found.items() if value}


def _postal_code(context: LocaleContext, company: CompanyFacts, facts: ContactFacts, rng: StreamRandom) -> str:
    """Return the company's postal code for a contact who works there, else one of the contact's city."""
    if facts.place is company.place and not context.pack.is_consumer:
        return company.postal_code
    return context.locale.postal_code(facts.place, rng)


def _consent(
    context: LocaleContext, company: CompanyFacts, facts: ContactFacts, at: datetime, rng: StreamRandom
) -> str:
    """Return how consent was given, during the day shortly before the contact arrived."""
    day = at - timedelta(days=1 + rng.randbelow(3))
    moment = day.replace(hour=8 + rng.randbelow(10), minute=rng.randbelow(60))
    language = context.language
    slots = {
        **language.endings[facts.person.sex],
        **company.origin,
        "first": facts.person.first,
        "last": facts.person.last,
        "company": company.short_name,
        "city": company.place.city,
        "product": company.interests[0],
        "date": language.date(moment),
        "time": language.time(moment),
    }
    templates = context.companies.segment_sampler(company).templates
    return templates.text(f"consent_{company.source_kind}", slots, rng)
