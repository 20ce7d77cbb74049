"""Draw the facts of a company from its index."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from simcrm.synthetic.company_names import CompanyName, CompanyNamer, slug
from simcrm.synthetic.email_addresses import address_format
from simcrm.synthetic.facts import CompanyFacts
from simcrm.synthetic.language import Language
from simcrm.synthetic.locales import Locale, Place
from simcrm.synthetic.scenario import Offer, Segment, Trade, Vocabulary
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom, WeightedChoice
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings
from simcrm.synthetic.source_events import EventSchedule
from simcrm.synthetic.template_rules import INTRODUCED
from simcrm.synthetic.time_zones import main_time_zone

MAX_EXACT_HEADCOUNT = 50
"""Up to this size, a company's headcount is exact; above it, people round it."""
_LATEST_YEAR = 2022
_YEARS_TO_GROW = ((20, 0), (100, 3), (500, 9), (math.inf, 16))
"""The age of the youngest companies below each headcount."""

MAX_EMPLOYEES = 60_000
MIN_EMPLOYEES_PER_CONTACT = 2
LARGE_COMPANY = 250
"""From this size on, a company is more likely to be in a large city."""
FREEMAIL_MAX_EMPLOYEES = 12
"""Companies smaller than this may have a mailbox at a provider instead of at their own domain."""
FREEMAIL_SHARE = 0.12
ADDRESS_SHARE, FOUNDED_SHARE, TYPE_SHARE = 0.85, 0.6, 0.7
"""How often somebody has entered where a company is, since when, and that it is a prospect. Assumed."""

RESERVED_DOMAIN = "test"
"""A top-level domain that is never delegated (RFC 2606)."""
_REFERRER_EMPLOYEES = 50
"""A company outside the run has no facts; only its short name is used."""
_MORE_INTERESTS = (0, 0, 1, 1, 1, 2)


class SegmentSampler:
    """A segment in one locale, prepared for drawing."""

    def __init__(self, segment: Segment, locale: Locale, vocabulary: Vocabulary, language: Language) -> None:
        self.segment, self.vocabulary = segment, vocabulary
        self.templates = language.templates.with_rules(vocabulary.rules)
        self.industries = to_weighted_choice(segment.industries)
        self.domains = to_weighted_choice(locale.top_level_domains or segment.top_level_domains)
        self.offers: dict[str, Offer] = {offer.product: offer for offer in vocabulary.offers}
        self._departments: dict[tuple[str, ...], WeightedChoice[str]] = {}
        self.users = {offer.product: _user_departments(offer, segment) for offer in vocabulary.offers}
        self._trades = {industry: self._specialty_choice(trade) for industry, trade in vocabulary.trades.items()}

    def departments(self, products: tuple[str, ...]) -> WeightedChoice[str]:
        """Return the departments of a company that has use for these products, weighted as the segment's are.

        One that only asks for other products is left out: an insurer lends no money.
        """
        if products not in self._departments:
            all_users = {name for offer in self.offers.values() for name in offer.asked_by}
            users = {name for product in products for name in self.offers[product].asked_by}
            weights = {name: weight for name, weight in self.segment.functions.items() if name not in all_users - users}
            self._departments[products] = to_weighted_choice(
                weights if any(weights.values()) else self.segment.functions
            )
        return self._departments[products]

    def trade(self, industry: str, employees: int, rng: StreamRandom) -> Trade:
        """Draw what a company of an industry does, as a trade without specialties whose products are complete."""
        choice = self._trades[industry]
        trade = choice.pick(rng)
        return trade if employees >= trade.min_employees else choice.options[0]

    def _specialty_choice(self, trade: Trade) -> WeightedChoice[Trade]:
        """Return an industry's specialties and what is common to it, by the number of their activities."""
        products = trade.products or tuple(self.offers)
        options = [
            replace(option, products=option.products or products, specialties=())
            for option in (trade, *trade.specialties)
        ]
        return WeightedChoice(options, [len(option.activities) for option in options])


class _Location(NamedTuple):
    """The facts of a company that are drawn first; ``size`` is in standard deviations."""

    segment_sampler: SegmentSampler
    industry: str
    size: float
    employees: int
    place: Place


class CompanySampler:
    """Draws companies of one locale for one seed."""

    def __init__(
        self,
        settings: GenerationSettings,
        seed: SeedSequence,
        locale: Locale,
        segment_samplers: list[SegmentSampler],
        language: Language,
        *,
        local: bool,
    ) -> None:
        self._settings, self._seed, self._locale, self._language = settings, seed, locale, language
        self.segment_samplers = tuple(segment_samplers)
        self._segment_choice = WeightedChoice(segment_samplers, [market.segment.weight for market in segment_samplers])
        self._events = EventSchedule(seed, locale.name, locale.event_cities, main_time_zone(locale.name))
        self._rate = settings.run_currency.rate
        self._namer = CompanyNamer(locale.name, seed, local=local)
        self._by_segment = {segment_sampler.segment.name: segment_sampler for segment_sampler in segment_samplers}
        self._offers: dict[str, Offer] = {
            product: offer for market in segment_samplers for product, offer in market.offers.items()
        }

    def segment_sampler(self, facts: CompanyFacts) -> SegmentSampler:
        """Return the sampler of a company's segment."""
        return self._by_segment[facts.segment]

    def offer(self, product: str) -> Offer:
        """Return the offer of a product of any segment."""
        return self._offers[product]

    def place(self, index: int) -> Place:
        """Return the place of the company with this index, without drawing its other facts."""
        return self._location(self._seed.stream(RandomStream.COMPANY, index)).place

    def _location(self, rng: StreamRandom) -> _Location:
        segment_sampler = self._segment_choice.pick(rng)
        industry = segment_sampler.industries.pick(rng)
        size = rng.normal()
        employees = round_headcount(
            segment_sampler.segment.employees * math.exp(segment_sampler.segment.employees_spread * size)
        )
        return _Location(
            segment_sampler, industry, size, employees, self._locale.place(rng, large=employees >= LARGE_COMPANY)
        )

    def company(self, index: int, contacts: int = 1, arrived_at: datetime | None = None) -> CompanyFacts:
        """Draw the company with this index, which employs at least its contacts.

        If it is known when the company arrived, an event or webinar as its source is the last one before that.
        """
        rng = self._seed.stream(RandomStream.COMPANY, index)
        segment_sampler, industry, size, employees, place = self._location(rng)
        segment = segment_sampler.segment
        employees = max(employees, MIN_EMPLOYEES_PER_CONTACT * contacts if contacts > 1 else employees)
        trade = segment_sampler.trade(industry, employees, rng)
        named = self._namer.name(index, trade.words, self._towns(place), employees, rng)
        interests = _interests(trade, rng)
        source_kind = self._language.source_kinds.pick(rng)
        origin = self._origin(source_kind, segment_sampler.vocabulary, trade, rng)
        if arrived_at is not None:
            origin |= self._dated_origin(source_kind, segment_sampler.vocabulary, arrived_at)
        slots = {**origin, "product": interests[0], "city": place.city, "region": place.region, "company": named.short}
        return CompanyFacts(
            number=index,
            locale=self._locale.name,
            segment=segment.name,
            name=named.name,
            short_name=named.short,
            domain_stem=named.domain_stem,
            domain=self._domain(named, segment_sampler, rng),
            industry=industry,
            place=place,
            postal_code=self._locale.postal_code(place, rng),
            country=self._locale.country,
            phone=self._locale.phone(place, rng),
            email_format=address_format(employees, rng),
            uses_freemail=employees < FREEMAIL_MAX_EMPLOYEES and rng.bernoulli(FREEMAIL_SHARE),
            employees=employees,
            revenue=_revenue(segment, employees, self._rate, rng),
            size=size,
            products=trade.products,
            interests=interests,
            source=segment_sampler.templates.text(f"source_{source_kind}", slots, rng),
            source_kind=source_kind,
            origin=origin,
            description=_description(segment_sampler, trade, slots, employees, rng),
            founded=int(slots["year"]),
            address=self._locale.address(rng) if rng.bernoulli(ADDRESS_SHARE) else "",
            is_founding_known=rng.bernoulli(FOUNDED_SHARE),
            is_typed=rng.bernoulli(TYPE_SHARE),
        )

    def _towns(self, place: Place) -> tuple[str, ...]:
        """Return what a domain may contain for a place: its town, or its region's code if that has only letters."""
        town = slug(place.city, self._locale.name)
        return (town, place.code.lower()) if place.code.isalpha() else (town,)

    def _origin(self, kind: str, vocabulary: Vocabulary, trade: Trade, rng: StreamRandom) -> dict[str, str]:
        """Draw the details of a company's source, including people and companies outside the run."""
        origin = {
            "event": rng.choice(vocabulary.events),
            "topic": rng.choice(vocabulary.topics),
            "event_city": rng.choice(self._locale.event_cities),
            "code": f"{rng.randbelow(90) + 10}",
        }
        if kind in INTRODUCED:
            other = self._namer.name(rng.randbelow(RECORD_LIMIT), trade.words, ("",), _REFERRER_EMPLOYEES, rng)
            origin["referrer"] = self._language.full_name(self._locale.person(rng))
            origin["referrer_company"] = other.short
        return origin

    def _dated_origin(self, kind: str, vocabulary: Vocabulary, arrived_at: datetime) -> dict[str, str]:
        """Return the details of a source that takes place at a time of its own."""
        if kind == "event":
            event = self._events.event_for(vocabulary.events, arrived_at)
            return {"event": event.name, "event_city": event.city}
        if kind == "webinar":
            return {"topic": self._events.webinar_for(vocabulary.topics, arrived_at).name}
        return {}

    def _domain(self, named: CompanyName, segment_sampler: SegmentSampler, rng: StreamRandom) -> str:
        end = segment_sampler.domains.pick(rng)
        settings = self._settings
        if not settings.undeliverable and settings.domain_suffix is None:
            return f"{named.domain_stem}.{end}"
        label = f".{self._locale.domain_label}" if self._locale.domain_label else ""
        return f"{named.domain_stem}{label}.{RESERVED_DOMAIN if settings.undeliverable else settings.domain_suffix}"


def _user_departments(offer: Offer, segment: Segment) -> WeightedChoice[str]:
    """Return the departments that ask for a product, weighted as the segment's are."""
    weights = {name: segment.functions.get(name, 0) for name in offer.asked_by or segment.functions}
    return to_weighted_choice(weights if any(weights.values()) else dict.fromkeys(weights, 1))


def _interests(trade: Trade, rng: StreamRandom) -> tuple[str, ...]:
    """Draw one to three products; the first is the one that brought the company here."""
    products = [rng.choice(trade.products) for _ in range(1 + rng.choice(_MORE_INTERESTS))]
    return tuple(dict.fromkeys(products))


def _revenue(segment: Segment, employees: int, rate: float, rng: StreamRandom) -> int:
    return round_to_digits(employees * segment.revenue_per_employee * rate * math.exp(0.35 * rng.normal()), 2)


def _description(
    segment_sampler: SegmentSampler, trade: Trade, slots: dict[str, str], employees: int, rng: StreamRandom
) -> str:
    """Write what a company does; the year since which it does so is added to ``slots``."""
    slots["activity"] = rng.choice(trade.activities)
    slots["year"] = str(_LATEST_YEAR - _years_to_grow(employees) - math.floor(40 * rng.uniform() ** 2))
    return segment_sampler.templates.text("company_description", slots, rng)


def _years_to_grow(employees: int) -> int:
    """Return how many years a company of this size needs at least. Assumed."""
    return next(years for limit, years in _YEARS_TO_GROW if employees < limit)


def round_headcount(value: float) -> int:
    """Round a headcount as in a CRM: exact if small, rounded if large."""
    whole = max(2, min(round(value), MAX_EMPLOYEES))
    return whole if whole <= MAX_EXACT_HEADCOUNT else round_to_digits(whole, 2)


def round_to_digits(value: float, digits: int) -> int:
    """Round a value to this many significant digits."""
    whole = max(1, round(value))
    step = int("1" + "0" * max(0, len(str(whole)) - digits))
    return round(whole / step) * step


def to_weighted_choice(weights: Mapping[str, int]) -> WeightedChoice[str]:
    """Convert a mapping of weights to a weighted choice."""
    return WeightedChoice(list(weights), list(weights.values()))
