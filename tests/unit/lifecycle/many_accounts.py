"""Histories of many accounts, simulated once per session."""

from collections.abc import Iterator
from functools import cache

from accounts import BERLIN, outline, settings, stories

from simcrm.lifecycle.account_events import EventSettings, account_events
from simcrm.lifecycle.account_outline import HistorySettings
from simcrm.lifecycle.calibration import calibrate
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import AccountStory
from simcrm.models.lead_events import ActivityEvent
from simcrm.synthetic import load_scenario
from simcrm.synthetic.calendars import PlaceCalendar
from simcrm.synthetic.time_densities import CONSUMER

BUSINESS_ACCOUNTS, HOUSEHOLDS = 2_000, 1_500


def consumer_settings() -> HistorySettings:
    """Settings of the scenario B2C for accounts of one contact."""
    parameters = load_scenario("B2C").parameters
    return settings(parameters=parameters, links=calibrate(0.62, 0.7, parameters.win_rate), mean_committee=1.0)


@cache
def business_histories() -> list[AccountStory]:
    """Return histories of businesses with five contacts each."""
    return list(stories(BUSINESS_ACCOUNTS))


@cache
def consumer_histories() -> list[AccountStory]:
    """Return histories of consumers, who write and order by their own clock."""
    clock = WorkingCalendar.from_place(BERLIN.zone, PlaceCalendar(), CONSUMER)
    alone = {"is_consumer": True, "members": outline(0).members[:1], "customer_calendar": clock}
    return list(stories(HOUSEHOLDS, consumer_settings(), **alone))


def contact_events(histories: list[AccountStory], using: EventSettings) -> Iterator[list[ActivityEvent]]:
    """Yield the events of each contact, account by account."""
    for story in histories:
        yield from account_events(story, using)
