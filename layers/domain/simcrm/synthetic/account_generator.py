"""Generate the facts of a simulation's accounts, and the properties of everything in their histories."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from simcrm.synthetic.account_contacts import LocaleContext, account_facts
from simcrm.synthetic.account_layout import create_layout, scenario_seed
from simcrm.synthetic.companies import CompanySampler, SegmentSampler
from simcrm.synthetic.email_addresses import ConsumerAddressBook
from simcrm.synthetic.errors import GenerationError, RecordIndexError, UnknownLocaleError
from simcrm.synthetic.facts import AccountFacts, ContactFacts
from simcrm.synthetic.language import load_language
from simcrm.synthetic.latent_variables import source_values
from simcrm.synthetic.locales import load_locale
from simcrm.synthetic.scenario import ScenarioPack, ScenarioParameters
from simcrm.synthetic.scenario_packs import load_scenario, translated_vocabulary
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, WeightedChoice
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings
from simcrm.synthetic.time_zones import time_zone_for

if TYPE_CHECKING:
    from simcrm.models.account_story import AccountStory
    from simcrm.models.owner import Owner
    from simcrm.synthetic.account_writer import AccountWriter
    from simcrm.synthetic.catalogue import CatalogueProduct

_WEIGHT_SCALE = 1_000_000
_FIRST_ACCOUNT_AT = datetime(2021, 1, 4, 9, tzinfo=UTC)
_ACCOUNT_CREATION_DAYS = 1_000
_RECENT_ACCOUNTS = 64


class AccountGenerator:
    """Generates the accounts of one simulation; a pure function of the settings, the account and its arrival.

    ``arrived_at`` returns when an account arrives, by its number; without it, accounts come from any event.
    Raises UnknownScenarioError, UnknownLocaleError, PackError and DataFileError on creation, and RecordIndexError when
    an index is out of range.
    """

    def __init__(self, settings: GenerationSettings, arrived_at: Callable[[int], datetime] | None = None) -> None:
        self.settings, self._arrived_at = settings, arrived_at
        pack = load_scenario(settings.scenario, settings.pack_paths)
        self.pack = replace(pack, parameters=settings.parameters or pack.parameters)
        self.seed = scenario_seed(settings, pack)
        grounds = [_locale_context(settings, self.pack, self.seed, number) for number in range(len(settings.locales))]
        self._locale_contexts = WeightedChoice(
            grounds, [round(weight * _WEIGHT_SCALE) or 1 for _, weight in settings.locales]
        )
        self.layout = create_layout(settings)
        self._recent_accounts = lru_cache(maxsize=_RECENT_ACCOUNTS)(self._draw_account)

    @property
    def parameters(self) -> ScenarioParameters:
        """The parameters of the scenario."""
        return self.pack.parameters

    def account(self, number: int) -> AccountFacts:
        """Return the facts of the account with this number and of all its contacts."""
        return self._recent_accounts(number)

    def facts(self, index: int) -> ContactFacts:
        """Return the facts of the contact with this index."""
        if not 0 <= index < RECORD_LIMIT:
            raise RecordIndexError(index, RECORD_LIMIT)
        place = self.layout.place(index)
        return self.account(place.account).contacts[place.position]

    def zone(self, account: int) -> ZoneInfo:
        """Return the time zone of an account; far cheaper than the account's facts."""
        context = self.locale_context(account)
        return time_zone_for(context.locale.name, context.companies.place(account))

    def locale_context(self, account: int) -> LocaleContext:
        """Return what an account's locale provides."""
        if len(self._locale_contexts.options) == 1:
            return self._locale_contexts.options[0]
        return self._locale_contexts.pick(self.seed.stream(RandomStream.LOCALE, account))

    @property
    def locale_contexts(self) -> "tuple[LocaleContext, ...]":
        """What the locales of the simulation provide."""
        return tuple(self._locale_contexts.options)

    def catalogue(self) -> "tuple[CatalogueProduct, ...]":
        """Return the products that the simulation's deals sell, in all its languages."""
        from simcrm.synthetic.catalogue import build_catalogue  # noqa: PLC0415

        return build_catalogue(self.locale_contexts)

    def writer(self, story: "AccountStory", owner: "Owner", until: datetime | None) -> "AccountWriter":
        """Return the writer of an account's properties; see AccountWriter for ``until``."""
        # A run that writes no histories does not pay for the import.
        from simcrm.synthetic.account_writer import AccountWriter  # noqa: PLC0415

        return AccountWriter(self.locale_context(story.account), self.account(story.account), story, owner, until)

    def company_created_at(self, account: int, arrived_at: datetime) -> datetime:
        """Return when an account's company was entered: with its only contact, or before the first of several."""
        if not self.layout.shares_companies:
            return arrived_at
        rng = self.seed.stream(RandomStream.COMPANY, account, 1)
        entered = _FIRST_ACCOUNT_AT + timedelta(days=rng.randbelow(_ACCOUNT_CREATION_DAYS), minutes=rng.randbelow(480))
        return min(entered, arrived_at)

    def _draw_account(self, number: int) -> AccountFacts:
        context = self.locale_context(number)
        indexes = self.layout.contacts(number)
        arrived_at = self._arrived_at(number) if self._arrived_at else None
        return account_facts(context, context.companies.company(number, len(indexes), arrived_at), indexes)


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
    values = source_values(dict(zip(language.source_kinds.options, language.source_kinds.weights, strict=True)))
    return LocaleContext(settings, seed, pack, locale, language, companies, book, values, settings.run_currency)
