"""The generator: facts, pairs and activities of a simulation's records by their index."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import activity_properties, contact_properties
from simcrm.synthetic.companies import CompanySampler, Market
from simcrm.synthetic.company_assignment import Roster
from simcrm.synthetic.contacts import Ground, lead_facts
from simcrm.synthetic.email_addresses import ConsumerBook
from simcrm.synthetic.errors import GenerationError, RecordIndexError, UnknownLocaleError
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.scenario import ScenarioPack, ScenarioParameters
from simcrm.synthetic.scenario_packs import load_scenario, translation
from simcrm.synthetic.seeded_random import Seed, Stream, Weighted
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings
from simcrm.synthetic.time_zones import zone_of

_FINE = 1_000_000
_ACCOUNTS_SINCE = datetime(2021, 1, 4, 9, tzinfo=UTC)
_ACCOUNTS_FOR_DAYS = 1_000


class Pair(NamedTuple):
    """A contact with its company."""

    company_index: int
    contact: Properties
    company: Properties


class SyntheticGenerator:
    """Makes the records of one simulation; a pure function of the settings, the index and the simulated time.

    Raises UnknownScenarioError, UnknownLocaleError, PackError and DataFileError at once, RecordIndexError at the use
    of an index that is out of range.
    """

    def __init__(self, settings: GenerationSettings) -> None:
        self.settings = settings
        pack = load_scenario(settings.scenario, settings.pack_paths)
        self.pack = replace(pack, parameters=settings.parameters or pack.parameters)
        seed = Seed(f"{settings.seed}/{self.pack.name}")
        self._seed = seed
        grounds = [_ground(settings, self.pack, seed, number) for number in range(len(settings.locales))]
        self._grounds = Weighted(grounds, [round(weight * _FINE) or 1 for _, weight in settings.locales])
        self._roster = Roster(seed, settings.contacts_per_company, self.pack.parameters.contacts_per_company)
        self._recent = lru_cache(maxsize=16)(self._facts)

    @property
    def parameters(self) -> ScenarioParameters:
        """The rhythm of the scenario."""
        return self.pack.parameters

    def facts(self, index: int) -> LeadFacts:
        """All drawn facts of the record with this index."""
        if not 0 <= index < RECORD_LIMIT:
            raise RecordIndexError(index, RECORD_LIMIT)
        return self._recent(index)

    def pair(self, index: int, at: datetime) -> Pair:
        """The contact and company of a record; ``at`` is the simulated time at which the lead arrives.

        Where contacts share companies, a company's dates are its own, so it is the same from any of its contacts.
        """
        facts = self.facts(index)
        shared = self.settings.contacts_per_company > 1
        company_at = self._account_time(facts.company.number) if shared else at
        ground = self._ground_of(facts.company.number)
        return Pair(
            facts.company.number,
            contact_properties.contact_properties(ground, facts, at),
            contact_properties.company_properties(facts.company, company_at),
        )

    def company_index(self, index: int) -> int:
        """The company of a record; far cheaper than its facts."""
        return self._roster.seat(index)[0]

    def zone(self, index: int) -> ZoneInfo:
        """The time zone in which the company of a record works; far cheaper than its facts."""
        company_index = self.company_index(index)
        ground = self._ground_of(company_index)
        return zone_of(ground.locale.name, ground.companies.place(company_index))

    def activity(self, index: int, event: ActivityEvent) -> Properties:
        """The properties of an activity of a record, in keeping with its pair and its deal."""
        facts = self.facts(index)
        return activity_properties.activity_properties(self._ground_of(facts.company.number), facts, event)

    def _facts(self, index: int) -> LeadFacts:
        company_index, seat = self._roster.seat(index)
        ground = self._ground_of(company_index)
        return lead_facts(ground, index, ground.companies.company(company_index), seat)

    def _ground_of(self, company_index: int) -> Ground:
        if len(self._grounds.options) == 1:
            return self._grounds.options[0]
        return self._grounds.pick(self._seed.draws(Stream.LOCALE, company_index))

    def _account_time(self, company_index: int) -> datetime:
        """When the company was entered, for companies that were there before any of their contacts."""
        draws = self._seed.draws(Stream.COMPANY, company_index, 1)
        return _ACCOUNTS_SINCE + timedelta(days=draws.below(_ACCOUNTS_FOR_DAYS), minutes=draws.below(8 * 60))


def _ground(settings: GenerationSettings, pack: ScenarioPack, seed: Seed, number: int) -> Ground:
    locale = load_locale(settings.locales[number][0])
    language = load_language(locale.language, pack.kind)
    markets = []
    for segment in pack.segments:
        words = segment.texts.get(locale.language) or translation(locale.language, segment)
        if words is None:
            raise UnknownLocaleError(locale.name, segment.texts, scenario=pack.name)
        markets.append(Market(segment, locale, words, language))
    if not markets:
        raise GenerationError(f"scenario {pack.name!r} has no segments")
    companies = CompanySampler(settings, seed, locale, markets, language, local=pack.consumer)
    book = ConsumerBook(seed, locale, number, len(settings.locales)) if pack.consumer else None
    currency, rate = _money(settings)
    return Ground(settings, seed, pack, locale, language, companies, book, currency, rate)


def _money(settings: GenerationSettings) -> tuple[str, float]:
    """The currency of a run and its rate to the dollar: the locale's own, or dollars where locales differ in it."""
    money = {(locale.currency, locale.currency_rate) for locale in (load_locale(name) for name, _ in settings.locales)}
    return money.pop() if len(money) == 1 else ("USD", 1.0)
