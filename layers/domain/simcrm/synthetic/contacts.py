"""Draw the facts of a lead: person, position, temperature and story."""

import math
from dataclasses import dataclass

from simcrm.synthetic import email_addresses, job_titles
from simcrm.synthetic.account_contacts import LocaleContext, draw_place, draw_subject, provider_domain
from simcrm.synthetic.facts import CompanyFacts, LeadFacts, Story
from simcrm.synthetic.locales import Person
from simcrm.synthetic.seeded_random import RandomStream, StreamRandom, WeightedChoice

HOT_ABOVE, WARM_ABOVE = 0.92, -0.28
SAME_CITY_SHARE = 0.9
SHOPS_NEARBY_SHARE = 0.97
LARGE_RATE = 50
"""Currencies with more units per dollar than this have no small prices."""
_ROUNDING = WeightedChoice((1.0, 5.0, 0.5, 0.05), (50, 16, 20, 14))
"""How prices are rounded, in units of the second digit."""
_COLLEAGUES = ("director", "vp", "manager")


@dataclass(frozen=True, slots=True)
class LeadScore:
    """A lead's latent fit and intent, and the visible score and temperature derived from them."""

    fit: float
    intent: float
    score: int
    temperature: str


def lead_facts(context: LocaleContext, index: int, company: CompanyFacts, position: int) -> LeadFacts:
    """Return the facts of the lead with this index, the contact at this position in the company."""
    rng = context.seed.stream(RandomStream.LEAD, index)
    if context.address_book is not None:
        person, local, provider = context.address_book.person_and_address(index)
        email = f"{local}@{provider_domain(context.settings, provider)}"
        job = job_titles.Position("", "", "")
    else:
        person = business_person(context, index)
        email = _business_address(context, index, company, position, person)
        sampler = context.companies.segment_sampler(company)
        employer = job_titles.Employer(
            company.employees, sampler.users[company.interests[0]], sampler.departments(company.products)
        )
        (job,) = job_titles.draw_positions(context.language, employer, (person,), (rng,))
    warmth = _score(company, job.seniority, rng)
    place = draw_place(context, company, rng)
    return LeadFacts(
        index=index,
        company=company,
        person=person,
        email=email,
        phone=context.locale.phone(place, rng),
        place=place,
        seniority=job.seniority,
        function=job.function,
        job_title=job.title,
        buyer_role=job_titles.buyer_role(job.seniority, rng),
        fit=warmth.fit,
        intent=warmth.intent,
        engagement_score=warmth.score,
        temperature=warmth.temperature,
        amount=_amount(context, company, warmth, rng),
        story=_story(context, company, person, rng),
    )


def business_person(context: LocaleContext, index: int) -> Person:
    """Return the person of a business lead; drawn separately, because colleagues' addresses depend on it."""
    return context.locale.person(context.seed.stream(RandomStream.PERSON, index))


def _business_address(context: LocaleContext, index: int, company: CompanyFacts, position: int, person: Person) -> str:
    if not position and company.uses_freemail:
        return f"{company.domain_stem}@{provider_domain(context.settings, context.locale.firm_mail)}"
    earlier = [business_person(context, index - position + number) for number in range(position)]
    return f"{email_addresses.colleague_address(company.email_format, earlier, person)}@{company.domain}"


def _score(company: CompanyFacts, seniority: str, rng: StreamRandom) -> LeadScore:
    rank = job_titles.SENIORITY_RANK.get(seniority, 3)
    fit = 0.45 * company.size + 0.12 * (rank - 3) + 0.8 * rng.normal()
    intent = rng.normal()
    heat = 0.72 * intent + 0.42 * fit + 0.5 * rng.normal()
    seen = 0.72 * intent + 0.38 * fit + 0.62 * rng.normal()
    score = max(1, min(99, round(47 + 19 * seen)))
    return LeadScore(fit, intent, score, "hot" if heat > HOT_ABOVE else "warm" if heat > WARM_ABOVE else "cold")


def _amount(context: LocaleContext, company: CompanyFacts, score: LeadScore, rng: StreamRandom) -> int:
    rhythm = context.pack.parameters
    spread = 0.55 * company.size + 0.15 * score.fit + 0.81 * rng.normal()
    amount = math.exp(rhythm.amount_mu + rhythm.amount_sigma * spread)
    if context.pack.is_consumer:
        return consumer_price_in_currency(consumer_price(amount, rng), context.rate)
    return round(b2b_price(amount, rng) * context.rate)


def consumer_price_in_currency(amount: int, rate: float) -> int:
    """Convert a consumer's price to a currency; the result is again just below a round number."""
    if rate == 1:
        return amount
    step = 100 if rate > LARGE_RATE else 10
    return round(amount * rate / step) * step - step // 10


def b2b_price(amount: float, rng: StreamRandom) -> int:
    """Return an amount as salespeople write it: mostly round."""
    base = int("1" + "0" * max(0, math.floor(math.log10(amount)) - 1))
    step = max(1, round(base * _ROUNDING.pick(rng)))
    return max(step, round(amount / step) * step)


def consumer_price(amount: float, rng: StreamRandom) -> int:
    """Return a consumer's price: often one below a round number."""
    step = 50 if rng.bernoulli(0.55) else 10
    return max(step, round(amount / step) * step) - (1 if rng.bernoulli(0.7) else 0)


def _story(context: LocaleContext, company: CompanyFacts, person: Person, rng: StreamRandom) -> Story:
    sampler, subject = context.companies.segment_sampler(company), draw_subject(context, company, rng)
    second = rng.choice(sampler.vocabulary.offers).product
    mixed = rng.next_u32()
    return Story(
        offer=subject.offer,
        other_product=company.interests[1] if len(company.interests) > 1 else second,
        pain=subject.pain,
        gain=subject.gain,
        issue=subject.issue,
        objection=subject.objection,
        incumbent=subject.incumbent,
        trigger=subject.trigger,
        colleague=_colleague(context, person, rng),
        colleague_seniority=rng.choice(_COLLEAGUES),
        colleague_function=sampler.departments(company.products).pick(rng),
        seats=subject.seats,
        weeks=2 + (mixed & 7),
        times=2 + (mixed >> 3 & 3),
        minutes=5 + 5 * (mixed >> 5 & 7),
        days=2 + (mixed >> 8 & 7),
        months=2 + (mixed >> 11 & 3),
        code=subject.code,
    )


def _colleague(context: LocaleContext, person: Person, rng: StreamRandom) -> Person:
    """Draw a colleague whose name differs from the lead's, so that a text cannot confuse them."""
    for _ in range(8):
        colleague = context.locale.person(rng)
        if colleague.first != person.first and colleague.last != person.last:
            break
    return colleague
