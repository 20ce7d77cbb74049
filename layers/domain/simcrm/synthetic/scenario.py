"""What a scenario pack says: the rhythm of its leads and the vocabulary of its markets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simcrm.models.crm_objects import ObjectType
from simcrm.models.lead_events import LifecycleTrigger


@dataclass(frozen=True, slots=True)
class CountRange:
    """How many of something, both ends included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ActivityRule:
    """An activity that a moment of a lead's life causes with a probability.

    The activity follows after ``delay_minutes`` give or take ``delay_spread_minutes``. With ``unless`` it happens
    only where the same moment caused no activity of that type.
    """

    moment: LifecycleTrigger
    object_type: ObjectType
    probability: float
    delay_minutes: float
    delay_spread_minutes: float
    unless: ObjectType | None = None


@dataclass(frozen=True, slots=True)
class ScenarioParameters:
    """The rhythm of a scenario's leads.

    ``amount_mu`` and ``amount_sigma`` are those of the logarithm of a deal's amount. ``caps`` limit the activities
    of one record, ``budgets`` those of a whole simulation, each by type; a type that is absent has no limit.
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


@dataclass(frozen=True, slots=True)
class Offer:
    """A product and what is said around it: the pains it answers, what it brings, what goes wrong with it."""

    product: str
    pains: tuple[str, ...]
    gains: tuple[str, ...]
    issues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trade:
    """What companies of one industry are called and do.

    ``words`` end a company's name, ``activities`` are what it does, as in ``contract machining for aerospace
    suppliers``. ``products`` are those of the offers it buys, or sells to consumers; none means all.
    """

    words: tuple[str, ...]
    activities: tuple[str, ...]
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one market in one language.

    ``trades`` is by industry; ``rules`` replace rules of the language's texts, by name.
    """

    offers: tuple[Offer, ...]
    trades: Mapping[str, Trade]
    events: tuple[str, ...]
    topics: tuple[str, ...]
    objections: tuple[str, ...]
    incumbents: tuple[str, ...]
    triggers: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """One market of a scenario.

    ``industries`` are HubSpot's options with weights, ``functions`` the departments that buy, ``employees`` the
    median size of a company and ``employees_spread`` the standard deviation of its logarithm,
    ``revenue_per_employee`` US dollars a year. ``texts`` is by language.
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
    """A scenario as its file says it; ``kind`` is B2B or B2C."""

    name: str
    kind: str
    description: str
    parameters: ScenarioParameters
    segments: tuple[Segment, ...] = ()
    mix: Mapping[str, int] = field(default_factory=dict)
    """Names of packs whose segments this one takes, with weights."""

    @property
    def is_consumer(self) -> bool:
        """Whether the contacts are consumers."""
        return self.kind == "B2C"
