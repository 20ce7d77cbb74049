"""Draw the facts of an account and its contacts: people, positions, roles, scores and what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from simcrm.models.account_story import CommitteeRole
from simcrm.models.run_currency import RunCurrency
from simcrm.synthetic import email_addresses, job_titles
from simcrm.synthetic.committee_roles import assign_roles
from simcrm.synthetic.companies import RESERVED_DOMAIN, CompanySampler
from simcrm.synthetic.facts import AccountFacts, AccountSubject, CompanyFacts, ContactFacts
from simcrm.synthetic.language import Language
from simcrm.synthetic.latent_variables import (
    HEAT,
    SCORE,
    draw_account_latents,
    draw_contact_latents,
    index_value,
)
from simcrm.synthetic.locales import Locale, Person, Place
from simcrm.synthetic.scenario import ScenarioPack
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom
from simcrm.synthetic.settings import GenerationSettings

if TYPE_CHECKING:
    from simcrm.synthetic.scene_templates import SceneTemplates

HOT_ABOVE, WARM_ABOVE = 0.92, -0.28
HEAT_SHARE, HEAT_NOISE = 0.93, 0.37
SCORE_SHARE, SCORE_NOISE = 0.82, 0.57
"""How much of a contact's temperature and score its latent variables explain; the rest is noise."""
SAME_CITY_SHARE = 0.9
SHOPS_NEARBY_SHARE = 0.97
_NAME_TRIES = 8


@dataclass(frozen=True)
class LocaleContext:
    """Everything that accounts of one locale are drawn from."""

    settings: GenerationSettings
    seed: SeedSequence
    pack: ScenarioPack
    locale: Locale
    language: Language
    companies: CompanySampler
    address_book: email_addresses.ConsumerAddressBook | None
    source_values: Mapping[str, float]
    currency: RunCurrency

    @cached_property
    def scenes(self) -> "SceneTemplates":
        """The texts of scenes. Raises DataFileError if the language has none."""
        # A run that writes no histories does not pay for the import.
        from simcrm.synthetic.scene_templates import load_scene_templates  # noqa: PLC0415

        return load_scene_templates(self.language.name, self.pack.kind)


def account_facts(context: LocaleContext, company: CompanyFacts, indexes: Sequence[int]) -> AccountFacts:
    """Return the facts of the account of a company and its contacts, whose indexes are given in order."""
    seed, number = context.seed, company.number
    latents = draw_account_latents(seed, number, company.size, context.source_values[company.source_kind])
    rng = seed.stream(RandomStream.ACCOUNT, number)
    people = _people(context, company, indexes)
    subject = draw_subject(context, company, rng)
    positions = _positions(context, company, subject, indexes, [person for person, _ in people])
    users = subject.offer.asked_by or tuple({position.function for position in positions})
    roles = assign_roles(positions, users, rng)
    members = zip(indexes, people, positions, roles, strict=True)
    account = AccountFacts(company, (), latents, subject)
    contacts = tuple(_contact(context, account, place, _Member(*member)) for place, member in enumerate(members))
    return replace(account, contacts=contacts)


def _people(context: LocaleContext, company: CompanyFacts, indexes: Sequence[int]) -> list[tuple[Person, str]]:
    """Return each contact's person and address."""
    if context.address_book is not None:
        found = [context.address_book.person_and_address(index) for index in indexes]
        return [(person, f"{local}@{provider_domain(context.settings, provider)}") for person, local, provider in found]
    people: list[Person] = []
    for index in indexes:
        people.append(draw_colleague(context, index, people))
    return [
        (person, _business_address(context, company, people[:position], person))
        for position, person in enumerate(people)
    ]


def draw_colleague(context: LocaleContext, index: int, colleagues: Sequence[Person]) -> Person:
    """Draw a person whose names differ from those of the colleagues, so that no text can confuse them."""
    first, last = {person.first for person in colleagues}, {person.last for person in colleagues}
    for part in range(_NAME_TRIES):
        person = context.locale.person(context.seed.stream(RandomStream.PERSON, index, part))
        if person.first not in first and person.last not in last:
            break
    return person


def _positions(
    context: LocaleContext,
    company: CompanyFacts,
    subject: AccountSubject,
    indexes: Sequence[int],
    people: Sequence[Person],
) -> list[job_titles.Position]:
    if context.address_book is not None:
        return [job_titles.Position("", "", "")] * len(people)
    sampler = context.companies.segment_sampler(company)
    users = sampler.users[subject.offer.product]
    employer = job_titles.Employer(company.employees, users, sampler.departments(company.products))
    draws = [context.seed.stream(RandomStream.LEAD, index, 1) for index in indexes]
    return job_titles.draw_positions(context.language, employer, people, draws)


class _Member(NamedTuple):
    """What is drawn of a contact together with its colleagues."""

    contact: int
    person_and_email: tuple[Person, str]
    position: job_titles.Position
    role: CommitteeRole


def _contact(context: LocaleContext, account: AccountFacts, place: int, member: _Member) -> ContactFacts:
    company = account.company
    rng = context.seed.stream(RandomStream.LEAD, member.contact)
    home = draw_place(context, company, rng)
    own = draw_contact_latents(context.seed, company.number, place)
    variables = {**account.latents._asdict(), "interest": own.interest}
    heat = HEAT_SHARE * index_value(HEAT, variables) + HEAT_NOISE * rng.normal()
    seen = SCORE_SHARE * index_value(SCORE, variables) + SCORE_NOISE * rng.normal()
    return ContactFacts(
        index=member.contact,
        position=place,
        company=company,
        subject=account.subject,
        person=member.person_and_email[0],
        email=member.person_and_email[1],
        phone=context.locale.phone(home, rng),
        place=home,
        seniority=member.position.seniority,
        function=member.position.function,
        job_title=member.position.title,
        role=member.role,
        engagement_score=max(1, min(99, round(47 + 19 * seen))),
        temperature="hot" if heat > HOT_ABOVE else "warm" if heat > WARM_ABOVE else "cold",
    )


def _business_address(context: LocaleContext, company: CompanyFacts, earlier: Sequence[Person], person: Person) -> str:
    if not earlier and company.uses_freemail:
        return f"{company.domain_stem}@{provider_domain(context.settings, context.locale.firm_mail)}"
    return f"{email_addresses.colleague_address(company.email_format, earlier, person)}@{company.domain}"


def provider_domain(settings: GenerationSettings, provider: str) -> str:
    """Return the domain of a mail provider, or a variant of it that is safe to write to if the settings ask for one."""
    if not settings.undeliverable and settings.domain_suffix is None:
        return provider
    return f"{provider.replace('.', '-')}.{RESERVED_DOMAIN if settings.undeliverable else settings.domain_suffix}"


def draw_place(context: LocaleContext, company: CompanyFacts, rng: StreamRandom) -> Place:
    """Draw a person's place: most people work where their company is, and most consumers live where they shop."""
    near = SHOPS_NEARBY_SHARE if context.pack.is_consumer else SAME_CITY_SHARE
    return company.place if rng.bernoulli(near) else context.locale.place(rng)


def draw_subject(context: LocaleContext, company: CompanyFacts, rng: StreamRandom) -> AccountSubject:
    """Draw what a company's deals and texts are about, all of which fits the product that brought it here."""
    vocabulary = context.companies.segment_sampler(company).vocabulary
    offer = context.companies.offer(company.interests[0])
    by_name = {str(noun): noun for noun in vocabulary.incumbents}
    incumbents = tuple(by_name.get(name, name) for name in offer.replaces) or vocabulary.incumbents
    incumbent = rng.choice(incumbents)
    rivals = vocabulary.competitors or incumbents
    return AccountSubject(
        offer=offer,
        pain=rng.choice(offer.pains),
        gain=rng.choice(offer.gains),
        issue=rng.choice(offer.issues),
        objection=rng.choice(vocabulary.objections + offer.objections),
        incumbent=incumbent,
        competitor=rng.choice([name for name in rivals if name != incumbent] or rivals),
        trigger=rng.choice(vocabulary.triggers + offer.triggers),
        seats=1 if context.pack.is_consumer else _seats(company, rng),
        code=1_000 + rng.randbelow(9_000),
    )


def _seats(company: CompanyFacts, rng: StreamRandom) -> int:
    """Draw how many people would use the product: part of the staff, rounded if large."""
    share = company.employees * (0.05 + 0.5 * rng.uniform() ** 2)
    seats = max(3, round(share))
    return seats if seats < 20 else round(seats / 5) * 5  # noqa: PLR2004
