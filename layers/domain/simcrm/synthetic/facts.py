"""The facts of a record: what is drawn before any word is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simcrm.synthetic.locales import Person, Place
from simcrm.synthetic.scenario import Offer


class CompanyFacts(NamedTuple):
    """A company.

    ``short_name`` is what people call it; ``domain_stem`` is the domain without its end; ``email_format`` is how it
    writes addresses, ``uses_freemail`` that it has a mailbox at a provider; ``size`` is its rank among those of its
    segment, in standard deviations; ``revenue`` is US dollars a year; ``origin`` holds what its source speaks of.
    """

    number: int
    locale: str
    segment: str
    name: str
    short_name: str
    domain_stem: str
    domain: str
    industry: str
    place: Place
    postal_code: str
    country: str
    phone: str
    email_format: str
    uses_freemail: bool
    employees: int
    revenue: int
    size: float
    interests: tuple[str, ...]
    source: str
    source_kind: str
    origin: Mapping[str, str]
    description: str


class Story(NamedTuple):
    """What a lead's deal, notes, calls, tasks and tickets are about.

    ``colleague`` decides too, in a household as in a firm. The numbers are said in texts: people who would use the
    product, weeks of a rollout, times of anything, minutes of a talk, days to the next step and months to the goal.
    """

    offer: Offer
    other_product: str
    pain: str
    gain: str
    issue: str
    objection: str
    incumbent: str
    trigger: str
    colleague: Person
    colleague_seniority: str
    colleague_function: str
    seats: int
    weeks: int
    times: int
    minutes: int
    days: int
    months: int
    code: int


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
