"""The facts of a record: what is drawn before any word is written."""

from dataclasses import dataclass

from simcrm.generation.locales import Person, Place
from simcrm.generation.scenario import Offer


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """A company.

    ``stem`` is the domain without its end; ``size`` is how the company stands among those of its segment, in
    standard deviations; ``revenue`` is US dollars a year.
    """

    index: int
    locale: str
    language: str
    segment: str
    name: str
    stem: str
    domain: str
    industry: str
    place: Place
    postal_code: str
    country: str
    phone: str
    employees: int
    revenue: int
    size: float
    interests: tuple[str, ...]
    source: str
    source_kind: str
    description: str


@dataclass(frozen=True, slots=True)
class Story:
    """What a lead's deal, notes, calls, tasks and tickets are about."""

    offer: Offer
    pain: str
    gain: str
    issue: str
    objection: str
    incumbent: str
    trigger: str
    colleague: Person
    colleague_title: str


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """A contact with its company and story.

    ``fit`` and ``intent`` are latent, in standard deviations; ``job_title`` is empty for a consumer; ``amount`` is
    that of the deal in whole units of the locale's currency.
    """

    index: int
    company: CompanyFacts
    person: Person
    email: str
    phone: str
    place: Place
    seniority: str
    function: str
    job_title: str
    buyer_role: str
    fit: float
    intent: float
    engagement_score: int
    temperature: str
    amount: int
    story: Story
