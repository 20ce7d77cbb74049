"""Generate the facts, pairs and activities of a simulation's records by index."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simcrm.models.crm_objects import Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import activity_properties, contact_properties
from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.contacts import lead_facts
from simcrm.synthetic.errors import RecordIndexError
from simcrm.synthetic.facts import LeadFacts
from simcrm.synthetic.scenario import ScenarioParameters
from simcrm.synthetic.seeded_random import RandomStream
from simcrm.synthetic.settings import RECORD_LIMIT, GenerationSettings

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
        self.accounts = AccountGenerator(settings)
        self.pack = self.accounts.pack
        self._seed = self.accounts.seed
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
        shared = self.settings.shares_companies
        company_at = self._account_created_at(facts.company.number) if shared else at
        context = self.accounts.locale_context(facts.company.number)
        return Pair(
            facts.company.number,
            contact_properties.contact_properties(context, facts, at),
            contact_properties.company_properties(facts.company, company_at),
        )

    def company_index(self, index: int) -> int:
        """Return the index of a record's company; far cheaper than the record's facts."""
        return self.accounts.layout.place(index).account

    def zone(self, index: int) -> ZoneInfo:
        """Return the time zone of a record's company; far cheaper than the record's facts."""
        return self.accounts.zone(self.company_index(index))

    def activity(self, index: int, event: ActivityEvent) -> Properties:
        """Return the properties of a record's activity, consistent with its pair and deal."""
        facts = self.facts(index)
        return activity_properties.activity_properties(self.accounts.locale_context(facts.company.number), facts, event)

    def _draw_facts(self, index: int) -> LeadFacts:
        account, position = self.accounts.layout.place(index)
        context = self.accounts.locale_context(account)
        return lead_facts(context, index, context.companies.company(account), position)

    def _account_created_at(self, company_index: int) -> datetime:
        """Return when a company was entered, for companies that existed before any of their contacts."""
        rng = self._seed.stream(RandomStream.COMPANY, company_index, 1)
        return _FIRST_ACCOUNT_AT + timedelta(days=rng.randbelow(_ACCOUNT_CREATION_DAYS), minutes=rng.randbelow(8 * 60))
