"""Writes the properties of contacts and companies from their facts."""

from datetime import datetime, timedelta

from simcrm.models.crm_objects import Properties
from simcrm.synthetic.contacts import Ground
from simcrm.synthetic.facts import CompanyFacts, LeadFacts
from simcrm.synthetic.hubspot_values import fallback_metadata, iso, json_list
from simcrm.synthetic.seeded_random import Draws, Stream
from simcrm.synthetic.template_variables import LeadWords


def contact_properties(ground: Ground, facts: LeadFacts, at: datetime) -> Properties:
    """The contact of a record."""
    draws = ground.seed.draws(Stream.WORDS, facts.index)
    words = LeadWords(ground, facts, at)
    properties = {
        "firstname": facts.person.first,
        "lastname": facts.person.last,
        "email": facts.email,
        "jobtitle": facts.job_title,
        "phone": facts.phone,
        "city": facts.place.city,
        "state": facts.place.region,
        "zip": postal_code(ground, facts, draws),
        "country": facts.company.country,
        "simcrm_original_source": facts.company.source,
        "simcrm_buyer_role": facts.buyer_role,
        "simcrm_engagement_score": str(facts.engagement_score),
        "simcrm_lead_temperature": facts.temperature,
        "simcrm_lead_reasoning": words.grammar.text(f"reasoning_{facts.temperature}", words, draws),
        "simcrm_marketing_consent_detail": _consent(facts, words, at, draws),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": iso(at),
    }
    if not facts.job_title:
        del properties["jobtitle"]
    return properties


def company_properties(facts: CompanyFacts, at: datetime) -> Properties:
    """The company of a record; ``at`` is when it was entered."""
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
        "simcrm_product_interest": json_list(facts.interests),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": iso(at),
    }


def postal_code(ground: Ground, facts: LeadFacts, draws: Draws) -> str:
    """The company's code for who works there, one of the city for others."""
    if facts.place is facts.company.place and not ground.pack.consumer:
        return facts.company.postal_code
    return ground.locale.postal_code(facts.place, draws)


def _consent(facts: LeadFacts, words: LeadWords, at: datetime, draws: Draws) -> str:
    """How consent was given, at daytime not long before the lead arrived."""
    day = at - timedelta(days=1 + draws.below(3))
    words.at = day.replace(hour=8 + draws.below(10), minute=draws.below(60))
    return words.grammar.text(f"consent_{facts.company.source_kind}", words, draws)
