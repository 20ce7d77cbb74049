"""Draws the facts of a lead: person, position, how warm it is, and what its story is about."""

import math
from dataclasses import dataclass

from simcrm.synthetic import email_addresses, job_titles
from simcrm.synthetic.companies import RESERVED, CompanySampler
from simcrm.synthetic.facts import CompanyFacts, LeadFacts, Story
from simcrm.synthetic.language import Language
from simcrm.synthetic.locales import Locale, Person, Place
from simcrm.synthetic.scenario import ScenarioPack
from simcrm.synthetic.seeded_random import Draws, Seed, Stream, Weighted
from simcrm.synthetic.settings import GenerationSettings

HOT_ABOVE, WARM_ABOVE = 0.92, -0.28
SAME_CITY = 0.9
SHOPS_NEAR = 0.97
LARGE_RATE = 50
"""Currencies of more units to the dollar have no small prices."""
_ROUNDING = Weighted((1.0, 5.0, 0.5, 0.05), (50, 16, 20, 14))
"""How quotes are rounded, in units of the second digit."""
_COLLEAGUES = ("director", "vp", "manager")


@dataclass(frozen=True, slots=True)
class Warmth:
    """How a lead stands: latent fit and intent, and the score and temperature that people see of them."""

    fit: float
    intent: float
    score: int
    temperature: str


@dataclass(frozen=True, slots=True)
class Ground:
    """All that leads of one locale are drawn from."""

    settings: GenerationSettings
    seed: Seed
    pack: ScenarioPack
    locale: Locale
    language: Language
    companies: CompanySampler
    book: email_addresses.ConsumerBook | None
    currency: str
    rate: float


def lead_facts(ground: Ground, index: int, company: CompanyFacts, seat: int) -> LeadFacts:
    """The facts of the lead with this index, who sits at this position of the company."""
    draws = ground.seed.draws(Stream.LEAD, index)
    if ground.book is not None:
        person, local, provider = ground.book.entry(index)
        email = f"{local}@{_provider_domain(ground.settings, provider)}"
        held = job_titles.Position("", "", "")
    else:
        person = business_person(ground, index)
        email = _business_address(ground, index, company, seat, person)
        functions = ground.companies.market(company).functions
        held = job_titles.position(ground.language, functions, company.employees, person, draws)
    warmth = _warmth(company, held.seniority, draws)
    place = _place(ground, company, draws)
    return LeadFacts(
        index=index,
        company=company,
        person=person,
        email=email,
        phone=ground.locale.phone(place, draws),
        place=place,
        seniority=held.seniority,
        function=held.function,
        job_title=held.title,
        buyer_role=job_titles.buyer_role(held.seniority, draws),
        fit=warmth.fit,
        intent=warmth.intent,
        engagement_score=warmth.score,
        temperature=warmth.temperature,
        amount=_amount(ground, company, warmth, draws),
        story=_story(ground, company, person, draws),
    )


def business_person(ground: Ground, index: int) -> Person:
    """The person of a lead of a firm; apart from the rest, because colleagues' addresses depend on it."""
    return ground.locale.person(ground.seed.draws(Stream.PERSON, index))


def _business_address(ground: Ground, index: int, company: CompanyFacts, seat: int, person: Person) -> str:
    if not seat and company.firm_mail:
        return f"{company.stem}@{_provider_domain(ground.settings, ground.locale.firm_mail)}"
    earlier = [business_person(ground, index - seat + number) for number in range(seat)]
    return f"{email_addresses.seated(company.mail_habit, earlier, person)}@{company.domain}"


def _provider_domain(settings: GenerationSettings, provider: str) -> str:
    if not settings.undeliverable and settings.domain_suffix is None:
        return provider
    return f"{provider.replace('.', '-')}.{RESERVED if settings.undeliverable else settings.domain_suffix}"


def _place(ground: Ground, company: CompanyFacts, draws: Draws) -> Place:
    """Most people work where their company is; a consumer lives where they shop."""
    near = SHOPS_NEAR if ground.pack.consumer else SAME_CITY
    return company.place if draws.chance(near) else ground.locale.place(draws)


def _warmth(company: CompanyFacts, seniority: str, draws: Draws) -> Warmth:
    rank = job_titles.SENIORITY_RANK.get(seniority, 3)
    fit = 0.45 * company.size + 0.12 * (rank - 3) + 0.8 * draws.normal()
    intent = draws.normal()
    heat = 0.72 * intent + 0.42 * fit + 0.5 * draws.normal()
    seen = 0.72 * intent + 0.38 * fit + 0.62 * draws.normal()
    score = max(1, min(99, round(47 + 19 * seen)))
    return Warmth(fit, intent, score, "hot" if heat > HOT_ABOVE else "warm" if heat > WARM_ABOVE else "cold")


def _amount(ground: Ground, company: CompanyFacts, warmth: Warmth, draws: Draws) -> int:
    rhythm = ground.pack.parameters
    spread = 0.55 * company.size + 0.15 * warmth.fit + 0.81 * draws.normal()
    amount = math.exp(rhythm.amount_mu + rhythm.amount_sigma * spread)
    if ground.pack.consumer:
        return in_currency(price(amount, draws), ground.rate)
    return round(quote(amount, draws) * ground.rate)


def in_currency(amount: int, rate: float) -> int:
    """A consumer's price in a currency of another size: again just below a round number."""
    if rate == 1:
        return amount
    step = 100 if rate > LARGE_RATE else 10
    return round(amount * rate / step) * step - step // 10


def quote(amount: float, draws: Draws) -> int:
    """An amount as sales people write one: mostly round."""
    base = int("1" + "0" * max(0, math.floor(math.log10(amount)) - 1))
    step = max(1, round(base * _ROUNDING.pick(draws)))
    return max(step, round(amount / step) * step)


def price(amount: float, draws: Draws) -> int:
    """A consumer's price: often one below a round number."""
    step = 50 if draws.chance(0.55) else 10
    return max(step, round(amount / step) * step) - (1 if draws.chance(0.7) else 0)


def _story(ground: Ground, company: CompanyFacts, person: Person, draws: Draws) -> Story:
    market = ground.companies.market(company)
    words = market.words
    offer = ground.companies.offer(company.interests[0])
    second = draws.pick(words.offers).product
    mixed = draws.bits()
    return Story(
        offer=offer,
        other_product=company.interests[1] if len(company.interests) > 1 else second,
        pain=draws.pick(offer.pains),
        gain=draws.pick(offer.gains),
        issue=draws.pick(offer.issues),
        objection=draws.pick(words.objections),
        incumbent=draws.pick(words.incumbents),
        trigger=draws.pick(words.triggers),
        colleague=_colleague(ground, person, draws),
        colleague_seniority=draws.pick(_COLLEAGUES),
        colleague_function=market.functions.pick(draws),
        seats=_seats(company, draws),
        weeks=2 + (mixed & 7),
        times=2 + (mixed >> 3 & 3),
        minutes=5 + 5 * (mixed >> 5 & 7),
        days=2 + (mixed >> 8 & 7),
        months=2 + (mixed >> 11 & 3),
        code=(mixed >> 13) % 9_000 + 1_000,
    )


def _colleague(ground: Ground, person: Person, draws: Draws) -> Person:
    """Somebody whom a text cannot mistake for the lead."""
    for _ in range(8):
        colleague = ground.locale.person(draws)
        if colleague.first != person.first and colleague.last != person.last:
            break
    return colleague


def _seats(company: CompanyFacts, draws: Draws) -> int:
    """How many people would use the product: part of the staff, in round numbers when many."""
    share = company.employees * (0.05 + 0.5 * draws.uniform() ** 2)
    seats = max(3, round(share))
    return seats if seats < 20 else round(seats / 5) * 5  # noqa: PLR2004
