"""Generate the facts, pairs and activities of a simulation's records by index."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import activity_properties, contact_properties
from simcrm.synthetic.companies import CompanySampler, SegmentSampler
from simcrm.synthetic.company_assignment import CompanyAssignment
from simcrm.synthetic.contacts import LocaleContext, lead_facts
from simcrm.synthetic.email_addresses import ConsumerAddressBook
from simcrm.synthetic.errors import GenerationError, RecordIndexError, UnknownLocaleError
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.scenario import ScenarioPack, ScenarioParameters
from simcrm.synthetic.scenario_packs import load_scenario, translated_vocabulary
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, WeightedChoice
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings
from simcrm.synthetic.time_zones import time_zone_for

_WEIGHT_SCALE = 1_000_000
_FIRST_ACCOUNT_AT = datetime(2021, 1, 4, 9, tzinfo=UTC)
_ACCOUNT_CREATION_DAYS = 1_000


class Pair(NamedTuple):
    """A contact with its company."""

    company_index: int
    contact: Properties
    company: Properties


class SyntheticGenerator:
    """Generates the records of one simulation; a pure function of the settings, the index and the simulated time.

    Raises UnknownScenarioError, UnknownLocaleError, PackError and DataFileError on creation, and RecordIndexError when
    an index is out of range.
    """

    def __init__(self, settings: GenerationSettings) -> None:
        self.settings = settings
        pack = load_scenario(settings.scenario, settings.pack_paths)
        self.pack = replace(pack, parameters=settings.parameters or pack.parameters)
        seed = SeedSequence(f"{settings.seed}/{self.pack.name}")
        self._seed = seed
        grounds = [_locale_context(settings, self.pack, seed, number) for number in range(len(settings.locales))]
        self._locale_contexts = WeightedChoice(
            grounds, [round(weight * _WEIGHT_SCALE) or 1 for _, weight in settings.locales]
        )
        self._company_assignment = CompanyAssignment(
            seed, settings.contacts_per_company, self.pack.parameters.contacts_per_company
        )
        self._recent_facts = lru_cache(maxsize=16)(self._draw_facts)

    @property
    def parameters(self) -> ScenarioParameters:
        """The parameters of the scenario."""
        return self.pack.parameters

    def facts(self, index: int) -> LeadFacts:
        """Return the facts of the record with this index."""
        if not 0 <= index < RECORD_LIMIT:
            raise RecordIndexError(index, RECORD_LIMIT)
        return self._recent_facts(index)

    def pair(self, index: int, at: datetime) -> Pair:
        """Return the contact and company of a record; ``at`` is the simulated time at which the lead arrives.

        If contacts share companies, a company has its own dates, so it is the same for all its contacts.
        """
        facts = self.facts(index)
        shared = self.settings.contacts_per_company > 1
        company_at = self._account_created_at(facts.company.number) if shared else at
        context = self._locale_context_for(facts.company.number)
        return Pair(
            facts.company.number,
            contact_properties.contact_properties(context, facts, at),
            contact_properties.company_properties(facts.company, company_at),
        )

    def company_index(self, index: int) -> int:
        """Return the index of a record's company; far cheaper than the record's facts."""
        return self._company_assignment.company_and_position(index)[0]

    def zone(self, index: int) -> ZoneInfo:
        """Return the time zone of a record's company; far cheaper than the record's facts."""
        company_index = self.company_index(index)
        context = self._locale_context_for(company_index)
        return time_zone_for(context.locale.name, context.companies.place(company_index))

    def activity(self, index: int, event: ActivityEvent) -> Properties:
        """Return the properties of a record's activity, consistent with its pair and deal."""
        facts = self.facts(index)
        return activity_properties.activity_properties(self._locale_context_for(facts.company.number), facts, event)

    def _draw_facts(self, index: int) -> LeadFacts:
        company_index, seat = self._company_assignment.company_and_position(index)
        context = self._locale_context_for(company_index)
        return lead_facts(context, index, context.companies.company(company_index), seat)

    def _locale_context_for(self, company_index: int) -> LocaleContext:
        if len(self._locale_contexts.options) == 1:
            return self._locale_contexts.options[0]
        return self._locale_contexts.pick(self._seed.stream(RandomStream.LOCALE, company_index))

    def _account_created_at(self, company_index: int) -> datetime:
        """Return when a company was entered, for companies that existed before any of their contacts."""
        rng = self._seed.stream(RandomStream.COMPANY, company_index, 1)
        return _FIRST_ACCOUNT_AT + timedelta(days=rng.randbelow(_ACCOUNT_CREATION_DAYS), minutes=rng.randbelow(8 * 60))


def _locale_context(settings: GenerationSettings, pack: ScenarioPack, seed: SeedSequence, number: int) -> LocaleContext:
    locale = load_locale(settings.locales[number][0])
    language = load_language(locale.language, pack.kind)
    markets = []
    for segment in pack.segments:
        vocabulary = segment.texts.get(locale.language) or translated_vocabulary(locale.language, segment)
        if vocabulary is None:
            raise UnknownLocaleError(locale.name, segment.texts, scenario=pack.name)
        markets.append(SegmentSampler(segment, locale, vocabulary, language))
    if not markets:
        raise GenerationError(f"scenario {pack.name!r} has no segments")
    companies = CompanySampler(settings, seed, locale, markets, language, local=pack.is_consumer)
    book = ConsumerAddressBook(seed, locale, number, len(settings.locales)) if pack.is_consumer else None
    currency, rate = _currency_and_rate(settings)
    return LocaleContext(settings, seed, pack, locale, language, companies, book, currency, rate)


def _currency_and_rate(settings: GenerationSettings) -> tuple[str, float]:
    """Return a run's currency and its rate to the dollar: the locales' currency, or dollars if they differ."""
    money = {(locale.currency, locale.currency_rate) for locale in (load_locale(name) for name, _ in settings.locales)}
    return money.pop() if len(money) == 1 else ("USD", 1.0)
