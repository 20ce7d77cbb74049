"""Draws the facts of a company from its index."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from simcrm.synthetic.company_names import CompanyName, CompanyNamer, slug
from simcrm.synthetic.email_addresses import habit_of
from simcrm.synthetic.facts import CompanyFacts
from simcrm.synthetic.language import Language
from simcrm.synthetic.locales import Locale, Place
from simcrm.synthetic.scenario import Offer, Segment, Trade, Vocabulary
from simcrm.synthetic.seeded_random import Draws, Seed, Stream, Weighted
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings

EXACT_SIZE = 50
"""Up to here a company's size is known to the head; above, people round it."""
LARGEST = 60_000
LARGE = 250
"""From here on a company stands rather in a large city."""
FIRM_MAIL_BELOW = 12
"""Firms smaller than this may have a mailbox at a provider instead of a domain's."""
FIRM_MAIL_SHARE = 0.12
OTHER_MARKET = 0.05
"""The share of companies that came for a product made for another market."""
RESERVED = "test"
"""A top-level domain that is never delegated (RFC 2606)."""
_INTRODUCED = {"referral", "partner", "friend"}
_MORE_INTERESTS = (0, 0, 1, 1, 1, 2)


class Market:
    """A segment in one locale, ready to be drawn from."""

    def __init__(self, segment: Segment, locale: Locale, words: Vocabulary, language: Language) -> None:
        self.segment, self.words = segment, words
        self.grammar = language.grammar.with_rules(words.rules)
        self.industries = weighted(segment.industries)
        self.functions = weighted(segment.functions)
        self.domains = weighted(locale.top_level_domains or segment.top_level_domains)
        self.offers = {offer.product: offer for offer in words.offers}
        self._products = {industry: trade.products or tuple(self.offers) for industry, trade in words.trades.items()}

    def product(self, industry: str, draws: Draws) -> str:
        """A product for companies of this industry."""
        return draws.pick(self._products[industry])


class _Site(NamedTuple):
    """What is drawn of a company first; ``size`` is in standard deviations."""

    market: Market
    industry: str
    size: float
    employees: int
    place: Place


class CompanySampler:
    """Companies of one locale for one seed."""

    def __init__(
        self,
        settings: GenerationSettings,
        seed: Seed,
        locale: Locale,
        markets: list[Market],
        language: Language,
        *,
        local: bool,
    ) -> None:
        self._settings, self._seed, self._locale, self._language = settings, seed, locale, language
        self._markets = Weighted(markets, [market.segment.weight for market in markets])
        self._namer = CompanyNamer(locale.name, seed, local=local)
        self._by_segment = {market.segment.name: market for market in markets}
        self._offers = {product: offer for market in markets for product, offer in market.offers.items()}

    def market(self, facts: CompanyFacts) -> Market:
        """The market of a company."""
        return self._by_segment[facts.segment]

    def offer(self, product: str) -> Offer:
        """The offer of a product of any market."""
        return self._offers[product]

    def place(self, index: int) -> Place:
        """Where the company with this index is, without the rest of it."""
        return self._site(self._seed.draws(Stream.COMPANY, index)).place

    def _site(self, draws: Draws) -> _Site:
        market = self._markets.pick(draws)
        industry = market.industries.pick(draws)
        size = draws.normal()
        employees = headcount(market.segment.employees * math.exp(market.segment.employees_spread * size))
        return _Site(market, industry, size, employees, self._locale.place(draws, large=employees >= LARGE))

    def company(self, index: int) -> CompanyFacts:
        """The company with this index."""
        draws = self._seed.draws(Stream.COMPANY, index)
        market, industry, size, employees, place = self._site(draws)
        segment = market.segment
        trade = market.words.trades[industry]
        named = self._namer.name(index, trade.words, self._towns(place), draws)
        interests = self._interests(market, industry, draws)
        source_kind = self._language.source_kinds.pick(draws)
        origin = self._origin(source_kind, market.words, trade, draws)
        words = {**origin, "product": interests[0], "city": place.city, "region": place.region, "company": named.short}
        return CompanyFacts(
            number=index,
            locale=self._locale.name,
            segment=segment.name,
            name=named.name,
            short_name=named.short,
            stem=named.stem,
            domain=self._domain(named, market, draws),
            industry=industry,
            place=place,
            postal_code=self._locale.postal_code(place, draws),
            country=self._locale.country,
            phone=self._locale.phone(place, draws),
            mail_habit=habit_of(employees, draws),
            firm_mail=employees < FIRM_MAIL_BELOW and draws.chance(FIRM_MAIL_SHARE),
            employees=employees,
            revenue=_revenue(segment, employees, draws),
            size=size,
            interests=interests,
            source=market.grammar.text(f"source_{source_kind}", words, draws),
            source_kind=source_kind,
            origin=origin,
            description=_description(market, trade, words, draws),
        )

    def _towns(self, place: Place) -> tuple[str, ...]:
        """What a domain may say of a place: its town, or its region by the letters people know."""
        town = slug(place.city, self._locale.name)
        return (town, place.code.lower()) if place.code.isalpha() else (town,)

    def _interests(self, market: Market, industry: str, draws: Draws) -> tuple[str, ...]:
        """One to three products, the first the one that the company came for."""
        if draws.chance(OTHER_MARKET):
            other = self._markets.pick(draws)
            products = [other.product(other.industries.pick(draws), draws)]
        else:
            products = [market.product(industry, draws)]
        for _ in range(draws.pick(_MORE_INTERESTS)):
            product = market.product(industry, draws)
            if product not in products:
                products.append(product)
        return tuple(products)

    def _origin(self, kind: str, words: Vocabulary, trade: Trade, draws: Draws) -> dict[str, str]:
        """What the source of a company speaks of, some of it people and firms outside the run."""
        origin = {
            "event": draws.pick(words.events),
            "topic": draws.pick(words.topics),
            "event_city": draws.pick(self._locale.event_cities),
            "code": f"{draws.below(90) + 10}",
        }
        if kind in _INTRODUCED:
            other = self._namer.name(draws.below(RECORD_LIMIT), trade.words, ("",), draws)
            origin["referrer"] = self._language.full_name(self._locale.person(draws))
            origin["referrer_company"] = other.short
        return origin

    def _domain(self, named: CompanyName, market: Market, draws: Draws) -> str:
        end = market.domains.pick(draws)
        settings = self._settings
        if not settings.undeliverable and settings.domain_suffix is None:
            return f"{named.stem}.{end}"
        label = f".{self._locale.domain_label}" if self._locale.domain_label else ""
        return f"{named.stem}{label}.{RESERVED if settings.undeliverable else settings.domain_suffix}"


def _revenue(segment: Segment, employees: int, draws: Draws) -> int:
    return rounded(employees * segment.revenue_per_employee * math.exp(0.35 * draws.normal()), 2)


def _description(market: Market, trade: Trade, words: dict[str, str], draws: Draws) -> str:
    words["activity"] = draws.pick(trade.activities)
    words["year"] = str(2022 - math.floor(45 * draws.uniform() ** 2))
    return market.grammar.text("company_description", words, draws)


def headcount(value: float) -> int:
    """A number of employees as a CRM holds it: exact when small, rounded when large."""
    whole = max(2, min(round(value), LARGEST))
    return whole if whole <= EXACT_SIZE else rounded(whole, 2)


def rounded(value: float, digits: int) -> int:
    """The value with this many leading digits."""
    whole = max(1, round(value))
    step = int("1" + "0" * max(0, len(str(whole)) - digits))
    return round(whole / step) * step


def weighted(weights: Mapping[str, int]) -> Weighted[str]:
    """Options by their weights."""
    return Weighted(list(weights), list(weights.values()))
