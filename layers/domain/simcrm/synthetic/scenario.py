"""The content of a scenario pack: the parameters of its leads and the vocabulary of its segments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger
from simcrm.synthetic.grammar import Noun


@dataclass(frozen=True, slots=True)
class CountRange:
    """A range of counts, both ends included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ActivityRule:
    """An activity that a moment in a lead's timeline triggers with a probability.

    The activity follows after ``delay_minutes`` plus or minus ``delay_spread_minutes``. With ``unless``, it happens
    only if the same moment triggered no activity of that type.
    """

    moment: LifecycleTrigger
    object_type: ObjectType
    probability: float
    delay_minutes: float
    delay_spread_minutes: float
    unless: ObjectType | None = None


@dataclass(frozen=True, slots=True)
class ScenarioParameters:
    """The parameters of a scenario's leads.

    ``amount_mu`` and ``amount_sigma`` are the mean and standard deviation of the logarithm of a deal's amount. ``caps``
    limit the activities of one record, ``budgets`` those of a whole simulation, each by type; an absent type is
    unlimited.
    """

    sales_cycle_days: float
    win_rate: float
    amount_mu: float
    amount_sigma: float
    contacts_per_company: CountRange
    notes_per_lead: CountRange
    tasks_per_lead: CountRange
    calls_per_lead: CountRange
    rules: tuple[ActivityRule, ...]
    caps: Mapping[ObjectType, int]
    budgets: Mapping[ObjectType, int]


class PriceModel(StrEnum):
    """What a product is paid for."""

    SEAT = "seat"
    SITE = "site"
    ONE_OFF = "one_off"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a product.

    ``list_price`` is in US dollars for a seat or a site for a year, or for the product as a whole if it is paid for
    once; 0 for a project whose price is always agreed. ``setup`` is the share of a deal's amount that is paid once for
    the product's introduction, which a deal includes with ``setup_probability``. ``setup_name`` follows the product's
    name in that line, or surrounds it in place of ``{}``; without one there is no such line.
    """

    model: PriceModel
    list_price: float
    setup: float = 0.0
    setup_probability: float = 0.5
    setup_name: str = ""

    @property
    def is_subscription(self) -> bool:
        """Whether the product is paid for every year."""
        return self.model is not PriceModel.ONE_OFF


@dataclass(frozen=True, slots=True)
class Offer:
    """A product and its talking points: the pains it addresses, the gains it brings, and its issues.

    ``unit`` is what its seats are called, by plural category; none means users. ``replaces`` are the incumbents that it
    can replace and ``asked_by`` the departments that ask for it; none means all. ``objections`` and ``triggers`` are
    those that fit this product alone, beside the vocabulary's.
    """

    product: Noun
    pains: tuple[str, ...]
    gains: tuple[str, ...]
    issues: tuple[str, ...]
    price: Price | None = None
    unit: Mapping[str, str] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()

    @property
    def setup_product(self) -> str:
        """The name of the service that introduces the product; empty if there is none."""
        name = self.price.setup_name if self.price else ""
        if not name:
            return ""
        return name.replace("{}", self.product) if "{}" in name else f"{self.product} {name}"


@dataclass(frozen=True, slots=True)
class Trade:
    """The names and activities of companies in one industry.

    ``words`` end a company's name; ``activities`` are what it does, such as ``contract machining for aerospace
    suppliers``. ``products`` are the offered products that it buys, or sells to consumers; none means all.
    ``specialties`` are companies of the industry whose words, activities and products belong together; without
    products, they have those of the industry. No company with less than ``min_employees`` is of a specialty.
    """

    words: tuple[str, ...]
    activities: tuple[str, ...]
    products: tuple[str, ...] = ()
    specialties: tuple["Trade", ...] = ()
    min_employees: int = 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The vocabulary of one segment in one language.

    ``trades`` is by industry; ``rules`` replace the language's text rules by name. ``incumbents`` are what companies
    have used so far, and ``competitors`` what they consider beside a product; none means other incumbents.
    """

    offers: tuple[Offer, ...]
    trades: Mapping[str, Trade]
    events: tuple[Noun, ...]
    topics: tuple[Noun, ...]
    objections: tuple[str, ...]
    incumbents: tuple[Noun, ...]
    triggers: tuple[str, ...]
    competitors: tuple[Noun, ...] = ()
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a scenario's market.

    ``industries`` are HubSpot's options with weights, ``functions`` the departments that buy, ``employees`` the median
    size of a company and ``employees_spread`` the standard deviation of its logarithm, ``revenue_per_employee`` is in
    US dollars per year. ``texts`` is by language.
    """

    name: str
    industries: Mapping[str, int]
    functions: Mapping[str, int]
    employees: int
    employees_spread: float
    revenue_per_employee: int
    top_level_domains: Mapping[str, int]
    texts: Mapping[str, Vocabulary]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class ScenarioPack:
    """A scenario as defined in its file; ``kind`` is B2B or B2C."""

    name: str
    kind: str
    description: str
    parameters: ScenarioParameters
    segments: tuple[Segment, ...] = ()
    mix: Mapping[str, int] = field(default_factory=dict)
    """Names of packs whose segments this pack includes, with weights."""

    @property
    def is_consumer(self) -> bool:
        """Whether the contacts are consumers."""
        return self.kind == "B2C"
