"""Draws the facts of a company from its index."""

import math
from collections.abc import Mapping

from simcrm.generation.company_names import CompanyName, CompanyNamer
from simcrm.generation.draws import Draws, Seed, Stream, Weighted
from simcrm.generation.language import Language
from simcrm.generation.locales import Locale
from simcrm.generation.profile import CompanyFacts
from simcrm.generation.scenario import Segment, Vocabulary
from simcrm.generation.settings import GenerationSettings

EXACT_SIZE = 50
"""Up to here a company's size is known to the head; above, people round it."""
LARGEST = 60_000
OWN_INDUSTRY = 0.93
RESERVED = "test"
"""A top-level domain that is never delegated (RFC 2606)."""


class Market:
    """A segment in one locale, ready to be drawn from."""

    def __init__(self, segment: Segment, locale: Locale, words: Vocabulary) -> None:
        self.segment, self.locale, self.words = segment, locale, words
        self.industries = weighted(segment.industries)
        self.functions = weighted(segment.functions)
        self.domains = weighted(locale.top_level_domains or segment.top_level_domains)


class CompanySampler:
    """Companies of one locale for one seed."""

    def __init__(
        self, settings: GenerationSettings, seed: Seed, locale: Locale, markets: list[Market], language: Language
    ) -> None:
        self._settings, self._seed, self._locale, self._language = settings, seed, locale, language
        self._markets = Weighted(markets, [market.segment.weight for market in markets])
        self._namer = CompanyNamer(locale.name, seed)
        self.by_name = {market.segment.name: market for market in markets}

    def company(self, index: int) -> CompanyFacts:
        """The company with this index."""
        draws = self._seed.draws(Stream.COMPANY, index)
        market = self._markets.pick(draws)
        segment, words = market.segment, market.words
        named = self._namer.name(index, words.company_words, draws)
        size = draws.normal()
        employees = headcount(segment.employees * math.exp(segment.employees_spread * size))
        place = self._locale.place(draws)
        source_kind = self._language.source_kinds.pick(draws)
        facts = {"city": place.city, "event": draws.pick(words.events), "topic": draws.pick(words.topics)}
        offers = words.offers
        first = draws.below(len(offers))
        facts["product"] = offers[first].product
        return CompanyFacts(
            index=index,
            locale=self._locale.name,
            language=self._locale.language,
            segment=segment.name,
            name=named.name,
            stem=named.stem,
            domain=self._domain(named, market, draws),
            industry=market.industries.pick(draws),
            place=place,
            postal_code=self._locale.postal_code(place, draws),
            country=self._locale.country,
            phone=self._locale.phone(place, draws),
            employees=employees,
            revenue=rounded(employees * segment.revenue_per_employee * math.exp(0.35 * draws.normal()), 2),
            size=size,
            interests=self._interests(words, first, draws),
            source=self._language.source(source_kind, facts, draws),
            source_kind=source_kind,
            description=self._language.grammar.text(
                "company_description",
                {"activity": draws.pick(words.activities), "city": place.city, "company": named.name},
                draws,
            ),
        )

    def _interests(self, words: Vocabulary, first: int, draws: Draws) -> tuple[str, ...]:
        """One to three products, the first the one that the company came for."""
        products = [words.offers[first].product]
        for _ in range(draws.pick((0, 0, 1, 1, 1, 2))):
            other = draws.pick(words.offers).product
            if other not in products:
                products.append(other)
        return tuple(products)

    def _domain(self, named: CompanyName, market: Market, draws: Draws) -> str:
        end = market.domains.pick(draws)
        settings = self._settings
        if not settings.undeliverable and settings.domain_suffix is None:
            return f"{named.stem}.{end}"
        label = f".{self._locale.domain_label}" if self._locale.domain_label else ""
        return f"{named.stem}{label}.{RESERVED if settings.undeliverable else settings.domain_suffix}"


def headcount(value: float) -> int:
    """A number of employees as a CRM holds it: exact when small, rounded when large."""
    whole = max(2, min(round(value), LARGEST))
    return whole if whole <= EXACT_SIZE else rounded(whole, 2)


def rounded(value: float, digits: int) -> int:
    """The value with this many leading digits."""
    whole = max(1, round(value))
    step = 10 ** max(0, len(str(whole)) - digits)
    return round(whole / step) * step


def weighted(weights: Mapping[str, int]) -> Weighted[str]:
    """Options by their weights."""
    return Weighted(list(weights), list(weights.values()))
