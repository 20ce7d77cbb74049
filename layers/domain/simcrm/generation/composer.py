"""Writes the properties of contacts and companies from their facts."""

import json
from datetime import datetime, timedelta

from simcrm.generation.draws import Draws, Stream
from simcrm.generation.leads import Ground
from simcrm.generation.profile import CompanyFacts, LeadFacts
from simcrm.generation.stamps import fallback_metadata, iso
from simcrm.models.objects import Properties


def contact_properties(ground: Ground, facts: LeadFacts, at: datetime) -> Properties:
    """The contact of a record."""
    draws = ground.seed.draws(Stream.WORDS, facts.index)
    words = lead_words(ground, facts)
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
        "simcrm_lead_reasoning": ground.language.grammar.text(f"reasoning_{facts.temperature}", words, draws),
        "simcrm_marketing_consent_detail": _consent(ground, facts, words, at, draws),
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
        "simcrm_product_interest": json.dumps(facts.interests, ensure_ascii=False),
        "simcrm_generation_metadata": fallback_metadata(at),
        "simcrm_simulated_at": iso(at),
    }


def lead_words(ground: Ground, facts: LeadFacts) -> dict[str, str]:
    """The facts of a lead as texts use them."""
    company, story = facts.company, facts.story
    interests = company.interests
    return {
        "first": facts.person.first,
        "last": facts.person.last,
        "name": f"{facts.person.first} {facts.person.last}",
        "company": company.name,
        "city": facts.place.city,
        "title": facts.job_title,
        "source": company.source,
        "employees": str(company.employees),
        "score": str(facts.engagement_score),
        "product": story.offer.product,
        "other_product": interests[1] if len(interests) > 1 else story.offer.product,
        "pain": story.pain,
        "gain": story.gain,
        "issue": story.issue,
        "objection": story.objection,
        "incumbent": story.incumbent,
        "trigger": story.trigger,
        "colleague": f"{story.colleague.first} {story.colleague.last}",
        "colleague_title": story.colleague_title,
        "amount": ground.language.money(facts.amount, ground.locale.currency),
    }


def postal_code(ground: Ground, facts: LeadFacts, draws: Draws) -> str:
    """The company's code for who works there, one of the city for others."""
    if facts.place is facts.company.place and not ground.pack.consumer:
        return facts.company.postal_code
    return ground.locale.postal_code(facts.place, draws)


def _consent(ground: Ground, facts: LeadFacts, words: dict[str, str], at: datetime, draws: Draws) -> str:
    given = at - timedelta(minutes=draws.below(3 * 24 * 60))
    rule = f"consent_{facts.company.source_kind}"
    return ground.language.grammar.text(rule, {**words, "date": ground.language.date(given)}, draws)
