"""Events and webinars take place once a year, at one place, before the accounts that come from them."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from simcrm.synthetic.account_generator import AccountGenerator
from simcrm.synthetic.facts import CompanyFacts
from simcrm.synthetic.scenario import CountRange
from simcrm.synthetic.seeded_random import SeedSequence
from simcrm.synthetic.settings import GenerationSettings
from simcrm.synthetic.source_events import EVENT_WEEKS, EventSchedule

ZONE = ZoneInfo("Europe/Berlin")
NAMES = tuple(f"Fair {number}" for number in range(10))
START = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = [START + timedelta(days=730) * number / 3_000 for number in range(3_000)]


def schedule(seed: str = "7", locale: str = "de_DE") -> EventSchedule:
    return EventSchedule(SeedSequence(seed), locale, ("Hannover", "Berlin", "Essen", "Leipzig"), ZONE)


def arrived_at(account: int) -> datetime:
    return MOMENTS[account]


def companies(settings: GenerationSettings) -> Iterator[tuple[datetime, CompanyFacts]]:
    generator = AccountGenerator(settings, arrived_at)
    for account in range(0, 3_000, 3):
        yield arrived_at(account), generator.account(account).company


def test_an_event_has_one_date_and_one_city_in_a_year() -> None:
    events = schedule()
    found = {events.event_for([name], moment) for name in NAMES for moment in MOMENTS[::20]}
    dated = {(event.name, event.starts_at.year) for event in found}
    assert len(dated) == len(found) >= 2 * len(NAMES)
    assert len({(event.name, event.city) for event in found}) == len(NAMES)
    assert len({event.city for event in found}) > 1


def test_an_account_comes_from_the_last_event_before_it() -> None:
    events = schedule()
    every = {events.event_for([name], moment) for name in NAMES for moment in MOMENTS}
    for moment in MOMENTS:
        event = events.event_for(NAMES, moment)
        assert event.starts_at <= moment
        assert not [other for other in every if event.starts_at < other.starts_at <= moment]


def test_events_take_place_in_the_middle_of_a_week_by_the_local_clock() -> None:
    for moment in MOMENTS[::50]:
        local = schedule().event_for(NAMES, moment).starts_at.astimezone(ZONE)
        assert local.hour == 9
        assert local.isocalendar().week in EVENT_WEEKS
        assert 1 <= local.weekday() <= 3


def test_a_webinar_has_an_hour_of_its_own() -> None:
    found = {schedule().webinar_for(NAMES, moment) for moment in MOMENTS[::20]}
    hours = {(event.name, event.starts_at.astimezone(ZONE).hour) for event in found}
    assert len(hours) == len({name for name, _ in hours})
    assert len({hour for _, hour in hours}) > 2
    assert all(10 <= hour <= 15 for _, hour in hours)


def test_seed_and_locale_decide_on_dates_and_cities() -> None:
    def dates(events: EventSchedule) -> list[tuple[datetime, str]]:
        return [(event.starts_at, event.city) for event in (events.event_for([name], MOMENTS[-1]) for name in NAMES)]

    assert dates(schedule()) == dates(schedule())
    assert dates(schedule()) != dates(schedule("8")) != dates(schedule("7", "en_US")) != dates(schedule())


@pytest.mark.parametrize("locale", ["en_US", "en_GB"])
def test_accounts_from_one_event_arrive_in_one_span_and_name_one_city(locale: str) -> None:
    settings = GenerationSettings("7", "B2B", ((locale, 1.0),), CountRange(1, 1))
    cities: dict[tuple[str, str], set[str]] = {}
    sequences: dict[str, list[str]] = {}
    for _, company in companies(settings):
        if company.source_kind == "event":
            name = company.origin["event"]
            cities.setdefault((company.segment, name), set()).add(company.origin["event_city"])
            sequences.setdefault(company.segment, []).append(name)
    assert len(cities) > 20
    assert all(len(named) == 1 for named in cities.values())
    for sequence in sequences.values():
        spans = Counter(name for name, _ in groupby(sequence))
        assert max(spans.values()) <= 3
        assert len(sequence) > 2 * spans.total()


def test_facts_beside_the_source_do_not_depend_on_the_arrival() -> None:
    settings = GenerationSettings("7", "B2B")
    timeless = AccountGenerator(settings)
    for account, (_, company) in zip(range(0, 300, 3), companies(settings), strict=False):
        other = timeless.account(account).company
        assert company._replace(source="", origin={}, description="") == other._replace(
            source="", origin={}, description=""
        )
