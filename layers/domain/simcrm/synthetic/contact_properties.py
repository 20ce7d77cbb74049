"""Write the properties of contacts and companies from their facts."""

from datetime import datetime, timedelta

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import Properties
from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.facts import CompanyFacts, LeadFacts
from simcrm.synthetic.hubspot_values import fallback_metadata, to_json_array
from simcrm.synthetic.seeded_random import RandomStream, StreamRandom
from simcrm.synthetic.template_variables import TemplateVariables


def contact_properties(context: LocaleContext, facts: LeadFacts, at: datetime) -> Properties:
    """Return the contact properties of a record."""
    rng = context.seed.stream(RandomStream.TEXTS, facts.index)
    variables = TemplateVariables(context, facts, at)
    properties = {
        "firstname": facts.person.first,
        "lastname": facts.person.last,
        "email": facts.email,
        "jobtitle": facts.job_title,
        "phone": facts.phone,
        "city": facts.place.city,
        "state": facts.place.region,
        "zip": postal_code(context, facts, rng),
        "country": facts.company.country,
        "simcrm_original_source": facts.company.source,
        "simcrm_buyer_role": facts.buyer_role,
        "simcrm_engagement_score": str(facts.engagement_score),
        "simcrm_lead_temperature": facts.temperature,
        "simcrm_lead_reasoning": variables.templates.text(f"reasoning_{facts.temperature}", variables, rng),
        "simcrm_marketing_consent_detail": _consent(facts, variables, at, rng),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": to_iso_utc(at),
    }
    if not facts.job_title:
        del properties["jobtitle"]
    return properties


def company_properties(facts: CompanyFacts, at: datetime) -> Properties:
    """Return the company properties of a record; ``at`` is when the company was entered into the CRM."""
    return {
        "name": facts.name,
        "domain": facts.domain,
        "industry": facts.industry,
        "city": facts.place.city,
        "state": facts.place.region,
        "zip": facts.postal_code,
        "country": facts.country,
        "phone": facts.phone,
        "numberofemployees": str(facts.employees),
        "annualrevenue": str(facts.revenue),
        "description": facts.description,
        "simcrm_original_source": facts.source,
        "simcrm_product_interest": to_json_array(facts.interests),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": to_iso_utc(at),
    }


def postal_code(context: LocaleContext, facts: LeadFacts, rng: StreamRandom) -> str:
    """Return the company's postal code for a contact who works there, else one of the contact's city."""
    if facts.place is facts.company.place and not context.pack.is_consumer:
        return facts.company.postal_code
    return context.locale.postal_code(facts.place, rng)


def _consent(facts: LeadFacts, variables: TemplateVariables, at: datetime, rng: StreamRandom) -> str:
    """Return how consent was given, during the day shortly before the lead arrived."""
    day = at - timedelta(days=1 + rng.randbelow(3))
    variables.at = day.replace(hour=8 + rng.randbelow(10), minute=rng.randbelow(60))
    return variables.templates.text(f"consent_{facts.company.source_kind}", variables, rng)
