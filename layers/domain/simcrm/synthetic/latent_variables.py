"""Hidden variables of accounts, opportunities and contacts, from which everything visible follows with noise.

All are standard normal and independent of each other, except that ``fit`` follows a company's size. An index is a
weighted sum of them, scaled so that it is standard normal too.

Sums are taken by ``fsum``: the built-in ``sum`` rounds floats differently from one Python version to another.
"""

from collections.abc import Mapping
from math import fsum, sqrt
from typing import NamedTuple

from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

SIZE_ON_FIT = 0.45
"""How much of an account's fit its size explains: large companies of a segment buy more readily. Assumed."""

_OPPORTUNITY_PART = 1_000


class AccountLatents(NamedTuple):
    """What decides how far an account gets.

    ``size`` is the company's size relative to its segment, ``own_fit`` the part of its fit that does not follow from
    its size, and ``source`` the quality of the channel it came through.
    """

    size: float
    own_fit: float
    pain: float
    budget: float
    urgency: float
    intent: float
    source: float

    @property
    def fit(self) -> float:
        """How well the company fits the product."""
        return SIZE_ON_FIT * self.size + _OWN_ON_FIT * self.own_fit


class OpportunityLatents(NamedTuple):
    """What decides how an opportunity ends, what it is worth and how long it takes."""

    champion: float
    competition: float
    amount_noise: float
    cycle_noise: float


class ContactLatents(NamedTuple):
    """What decides how a contact takes part."""

    influence: float
    interest: float


_OWN_ON_FIT = sqrt(1 - SIZE_ON_FIT**2)

Loadings = Mapping[str, float]


def _fit(weight: float) -> Loadings:
    return {"size": weight * SIZE_ON_FIT, "own_fit": weight * _OWN_ON_FIT}


QUALIFICATION: Loadings = {**_fit(0.5), "pain": 0.45, "intent": 0.6, "urgency": 0.3, "source": 0.45}
OPPORTUNITY: Loadings = {"pain": 0.4, "budget": 0.5, "urgency": 0.45, "intent": 0.5}
WIN: Loadings = {
    **_fit(0.35),
    "budget": 0.3,
    "intent": 0.5,
    "source": 0.45,
    "champion": 0.55,
    "competition": -0.5,
    "breadth": 0.4,
}
"""``breadth`` is the size of the committee relative to the scenario's mean; multi-threaded deals win more often."""

SCORE: Loadings = {**_fit(0.35), "pain": 0.3, "intent": 0.75, "urgency": 0.2, "interest": 0.45}
HEAT: Loadings = {**_fit(0.3), "pain": 0.3, "intent": 0.8, "urgency": 0.35, "interest": 0.35}

SOURCE_QUALITY: Mapping[str, float] = {
    "referral": 1.5,
    "friend": 1.5,
    "partner": 1.0,
    "demo": 1.2,
    "search": 0.5,
    "event": -0.2,
    "webinar": -0.3,
    "content": -0.5,
    "social": -0.9,
    "outbound": -1.1,
    "store": 0.9,
    "organic": 0.4,
    "newsletter": -0.1,
    "offer": -0.5,
}
"""How readily leads of a channel buy. Published order: referral, website and search before social and outbound."""

AMOUNT: Loadings = {"size": 0.62, "budget": 0.25, "amount_noise": 0.74}
"""A deal's amount follows the company's size and budget."""

CYCLE: Loadings = {
    **{name: 0.34 * weight for name, weight in AMOUNT.items()},
    "urgency": -0.3,
    "champion": -0.12,
    "competition": 0.1,
    "cycle_noise": 0.85,
}
"""The length of a sales cycle follows the amount (published exponent: 0.37), and urgency shortens it."""


def draw_account_latents(seed: SeedSequence, account: int, size: float, source: float) -> AccountLatents:
    """Draw an account's variables.

    Args:
        seed: the run's seed.
        account: the account's number.
        size: the company's size relative to its segment, in standard deviations.
        source: the quality of its channel, in standard deviations.
    """
    rng = seed.stream(RandomStream.LATENTS, account)
    return AccountLatents(size, rng.normal(), rng.normal(), rng.normal(), rng.normal(), rng.normal(), source)


def draw_opportunity_latents(seed: SeedSequence, account: int, deal: int) -> OpportunityLatents:
    """Draw the variables of one of an account's deals."""
    rng = seed.stream(RandomStream.LATENTS, account, _OPPORTUNITY_PART + deal)
    return OpportunityLatents(rng.normal(), rng.normal(), rng.normal(), rng.normal())


def draw_contact_latents(seed: SeedSequence, account: int, position: int) -> ContactLatents:
    """Draw the variables of the contact at this position."""
    rng = seed.stream(RandomStream.LATENTS, account, 1 + position)
    return ContactLatents(rng.normal(), rng.normal())


def source_values(weights: Mapping[str, int]) -> dict[str, float]:
    """Return the quality of each channel in standard deviations, by the weights of a scenario's channels."""
    total = sum(weights.values())
    raw = {kind: SOURCE_QUALITY.get(kind, 0.0) for kind in weights}
    mean = fsum(raw[kind] * weight for kind, weight in weights.items()) / total
    spread = sqrt(fsum((raw[kind] - mean) ** 2 * weight for kind, weight in weights.items()) / total)
    return {kind: (value - mean) / spread if spread else 0.0 for kind, value in raw.items()}


def index_value(loadings: Loadings, variables: Mapping[str, float]) -> float:
    """Return an index: standard normal if all its variables are; a variable that is absent counts as its mean, 0."""
    total = fsum(weight * variables.get(name, 0.0) for name, weight in loadings.items())
    return total / norm(loadings)


def norm(loadings: Loadings) -> float:
    """Return the standard deviation of a weighted sum before it is scaled."""
    return sqrt(fsum(weight**2 for weight in loadings.values()))


def correlation(one: Loadings, other: Loadings) -> float:
    """Return the correlation of two indexes."""
    shared = fsum(weight * other.get(name, 0.0) for name, weight in one.items())
    return shared / (norm(one) * norm(other))
