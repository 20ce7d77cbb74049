"""Accounts of whole runs, made once per session: their facts, and what their histories leave in a portal."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import pytest
from builders import DAY, START, plan

from simcrm.core.timestamps import to_iso_utc
from simcrm.models.crm_objects import ObjectType, Properties
from simcrm.models.lead_events import ActivityEvent
from simcrm.planning.account_histories import AccountHistories, AccountHistory
from simcrm.synthetic import AccountFacts, AccountGenerator, ContactFacts, CountRange, GenerationSettings
from simcrm.synthetic.activity_properties import activity_properties

END = START + 180 * DAY


class Record(NamedTuple):
    """A contact: its facts, and its own and its company's properties."""

    facts: ContactFacts
    contact: Properties
    company: Properties


class Activity(NamedTuple):
    """What an account's history leaves in a portal beside contacts and companies."""

    history: AccountHistory
    event: ActivityEvent
    properties: Properties

    @property
    def contact(self) -> ContactFacts:
        """The contact that it is about."""
        return self.history.facts.contacts[self.event.contacts[0]]


@dataclass(frozen=True)
class Run:
    """The histories of a run's accounts, and everything in them as it is written."""

    histories: AccountHistories

    @cached_property
    def records(self) -> list[Record]:
        """The contacts in order."""
        made = self.histories
        return [
            Record(contact, made.contact(number, contact.position), made.company(number))
            for number in range(made.arrivals.count)
            for contact in made.history(number).facts.contacts
        ]

    @cached_property
    def activities(self) -> list[Activity]:
        """All activities, deals and line items, account by account."""
        histories = map(self.histories.history, range(self.histories.arrivals.count))
        return [
            Activity(history, event, activity_properties(history.writer, event))
            for history in histories
            for own in history.events
            for event in own
        ]

    def of_type(self, kind: ObjectType) -> list[Activity]:
        """All objects of a type."""
        return [item for item in self.activities if item.event.object_type is kind]


MakeGenerator = Callable[..., AccountGenerator]
MakeAccounts = Callable[..., list[AccountFacts]]
MakeRun = Callable[..., Run]


@cache
def _accounts(settings: GenerationSettings, count: int) -> list[AccountFacts]:
    generator = AccountGenerator(settings)
    return [generator.account(number) for number in range(count)]


@cache
def _run(contacts: int, scenario: str, locales: tuple[str, ...], seed: str) -> Run:
    span: dict[str, Any] = {"startTime": to_iso_utc(START), "endTime": to_iso_utc(END)}
    asked: dict[str, Any] = {
        "totalRecords": contacts,
        "scenario": scenario,
        "locales": dict.fromkeys(locales, 1.0),
        "seed": seed,
    }
    return Run(AccountHistories.from_plan(plan(run_start=END, **asked, **span)))


@pytest.fixture(scope="session")
def run() -> MakeRun:
    """A run of a number of contacts over half a year, looked at in its end."""

    def make(contacts: int, *locales: str, scenario: str = "B2B", seed: str = "7") -> Run:
        return _run(contacts, scenario, locales or ("en_US",), seed)

    return make


@pytest.fixture(scope="session")
def accounts() -> MakeAccounts:
    """The facts of the first accounts of a run, as many contacts each as the scenario has."""

    def make(count: int, *, scenario: str = "B2B", locale: str = "en_US", seed: str = "7") -> list[AccountFacts]:
        return _accounts(GenerationSettings(seed, scenario, ((locale, 1.0),), None), count)

    return make


@pytest.fixture(scope="module")
def factual_generator() -> MakeGenerator:
    """A generator of accounts of three to six contacts."""

    def make(scenario: str = "B2B", *locales: str) -> AccountGenerator:
        weights = tuple((name, 1.0) for name in locales or ("en_US",))
        return AccountGenerator(GenerationSettings("7", scenario, weights, CountRange(3, 6)))

    return cache(make)
