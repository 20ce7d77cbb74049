"""The facts of an account: everything drawn before its history is simulated and any text is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simcrm.models.account_story import CommitteeRole
from simcrm.synthetic.latent_variables import AccountLatents
from simcrm.synthetic.locales import Person, Place
from simcrm.synthetic.scenario import Offer


class CompanyFacts(NamedTuple):
    """A company.

    ``short_name`` is what people call it; ``domain_stem`` is the domain without its ending; ``email_format`` is the
    format of its addresses; ``uses_freemail`` is true if it has a mailbox at a provider; ``size`` is its size relative
    to its segment, in standard deviations; ``revenue`` is in the run's currency per year; ``products`` are those that
    fit what it does, ``interests`` those that it asked for; ``origin`` holds the details of its source. ``address`` is
    a street with a number, empty if nobody has entered it; nor need anybody have entered when the company was
    ``founded`` (``is_founding_known``) and that it is a prospect (``is_typed``).
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
    products: tuple[str, ...]
    interests: tuple[str, ...]
    source: str
    source_kind: str
    origin: Mapping[str, str]
    description: str
    founded: int
    address: str
    is_founding_known: bool
    is_typed: bool


class AccountSubject(NamedTuple):
    """What an account's deals and texts are about.

    ``seats`` is the number of people who would use the product, and ``code`` a number for forms and references.
    """

    offer: Offer
    pain: str
    gain: str
    issue: str
    objection: str
    incumbent: str
    competitor: str
    trigger: str
    seats: int
    code: int


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact of an account, with its company and what the account is about.

    ``position`` is its place among the account's contacts; ``job_title`` is empty for a consumer; ``role`` is the part
    that it plays in a purchase.
    """

    index: int
    position: int
    company: CompanyFacts
    subject: AccountSubject
    person: Person
    email: str
    phone: str
    place: Place
    seniority: str
    function: str
    job_title: str
    role: CommitteeRole
    engagement_score: int
    temperature: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account: its company, its contacts by position, what decides its history, and what it is about."""

    company: CompanyFacts
    contacts: tuple[ContactFacts, ...]
    latents: AccountLatents
    subject: AccountSubject

    @property
    def number(self) -> int:
        """The number of the account."""
        return self.company.number
