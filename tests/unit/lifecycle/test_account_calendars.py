"""Histories keep to the calendar: holidays of the place, working hours, ends of months, and when customers write."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, stdev
from zoneinfo import ZoneInfo

import pytest
from accounts import BERLIN, SEED, outline, settings

from simcrm.lifecycle.account_history import simulate_account
from simcrm.lifecycle.opportunity import PERIOD_END_DAYS
from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.models.account_story import AccountStory, DealStory, Purpose
from simcrm.models.crm_objects import ObjectType
from simcrm.synthetic.calendars import PlaceCalendar, load_place_calendar
from simcrm.synthetic.locales import Place
from simcrm.synthetic.time_densities import BUSINESS_MAIL, CONSUMER

COUNT = 3_000
SOURCE_KINDS = ("event", "referral", "webinar", "outbound")
YEAR = datetime(2025, 1, 1, tzinfo=UTC)
PLACES = [
    ("de_DE", "Bayern", "1", ZoneInfo("Europe/Berlin")),
    ("en_US", "Massachusetts", "MA", ZoneInfo("America/New_York")),
    ("ja_JP", "東京都", "15", ZoneInfo("Asia/Tokyo")),
]
CALENDARS = [
    tuple(
        WorkingCalendar.from_place(zone, load_place_calendar(locale, Place("", region, code, [], [])), density)
        for density in ("business", BUSINESS_MAIL)
    )
    for locale, region, code, zone in PLACES
]


def yearly_stories(count: int, calendars: tuple[WorkingCalendar, ...], **changes: object) -> Iterator[AccountStory]:
    """Yield histories of accounts that arrive in the course of a year."""
    calendar, customer = calendars
    for number in range(count):
        arrived_at = YEAR + timedelta(days=365) * number / count
        kind = SOURCE_KINDS[number % len(SOURCE_KINDS)]
        account = outline(number, calendar, customer_calendar=customer, source_kind=kind, **changes)
        yield simulate_account(SEED, account, arrived_at, settings())


@pytest.fixture(scope="module")
def histories() -> list[list[AccountStory]]:
    return [list(yearly_stories(COUNT // len(CALENDARS), calendars)) for calendars in CALENDARS]


@pytest.fixture(scope="module")
def local_times(histories: list[list[AccountStory]]) -> list[list[datetime]]:
    return [
        [touch.at.astimezone(calendar.zone) for story in own for touch in story.touches]
        for own, (calendar, _) in zip(histories, CALENDARS, strict=True)
    ]


def test_nothing_happens_on_holidays_and_weekends_of_the_place(local_times: list[list[datetime]]) -> None:
    for times, (calendar, _) in zip(local_times, CALENDARS, strict=True):
        days = {moment.date() for moment in times}
        assert len(calendar.holidays) > 200
        assert days
        assert not [day for day in days if day in calendar.holidays or day.weekday() > 4]


def test_no_hour_and_no_weekday_stands_out(local_times: list[list[datetime]]) -> None:
    for times in local_times:
        hours = Counter(moment.hour for moment in times)
        assert max(hours.values()) < 0.2 * len(times)
        assert sum(moment.weekday() == 0 for moment in times) < 0.25 * len(times)


def close_ratio(deals: list[DealStory], calendar: WorkingCalendar) -> float:
    """How many times as many deals close on a working day at a month's end as on another one, in full months."""
    first, last = date(2025, 4, 1), date(2025, 12, 31)
    working = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    working = [day for day in working if calendar.is_working_day(day)]
    ends = {day for day in working if day in calendar.last_working_days(day, PERIOD_END_DAYS)}
    closes = [deal.final.at.astimezone(calendar.zone).date() for deal in deals]
    closes = [day for day in closes if first <= day <= last]
    at_end = sum(day in ends for day in closes)
    return at_end / len(ends) / ((len(closes) - at_end) / (len(working) - len(ends)))


@pytest.fixture(scope="module")
def first_deals() -> list[DealStory]:
    return [story.deals[0] for story in yearly_stories(COUNT, (BERLIN, BERLIN)) if story.deals]


def test_closes_are_thicker_at_the_ends_of_months(first_deals: list[DealStory]) -> None:
    won = [deal for deal in first_deals if deal.lost_reason is None]
    lost = [deal for deal in first_deals if deal.lost_reason is not None]
    assert 2.2 < close_ratio(won, BERLIN) < 4
    assert 5.5 < close_ratio(lost, BERLIN) < 12


def test_the_third_month_of_a_quarter_closes_the_most(first_deals: list[DealStory]) -> None:
    months = [
        deal.final.at.month for deal in first_deals if date(2025, 4, 1) <= deal.final.at.date() <= date(2025, 12, 31)
    ]
    assert sum(month % 3 == 0 for month in months) / len(months) == pytest.approx(0.45, abs=0.05)


def test_moving_closes_to_the_ends_of_months_keeps_the_mean_cycle(first_deals: list[DealStory]) -> None:
    days = [(deal.final.at - deal.opened_at) / timedelta(days=1) for deal in first_deals]
    assert fmean(days) == pytest.approx(60, abs=3 * stdev(days) / len(days) ** 0.5)


def test_businesses_write_few_mails_outside_the_usual_hours(histories: list[list[AccountStory]]) -> None:
    hours = [
        touch.at.astimezone(calendar.zone).hour
        for own, (calendar, _) in zip(histories, CALENDARS, strict=True)
        for story in own
        for touch in story.touches
        if touch.answers is not None
    ]
    share = sum(not 8 <= hour <= 18 for hour in hours) / len(hours)
    assert share == pytest.approx(0.03, abs=3 * (0.03 * 0.97 / len(hours)) ** 0.5)


def test_consumers_write_and_order_in_the_evening_and_on_weekends() -> None:
    consumers = WorkingCalendar.from_place(BERLIN.zone, PlaceCalendar(), CONSUMER)
    members = outline(0).members[:1]
    stories = list(yearly_stories(900, (BERLIN, consumers), is_consumer=True, members=members))
    orders = [
        deal.final.at.astimezone(BERLIN.zone) for story in stories for deal in story.deals if deal.lost_reason is None
    ]
    assert sum(moment.weekday() > 4 for moment in orders) / len(orders) == pytest.approx(0.31, abs=0.07)
    assert sum(moment.hour >= 18 for moment in orders) / len(orders) > 0.35
    calls = [
        touch.at.astimezone(BERLIN.zone)
        for story in stories
        for touch in story.touches
        if touch.object_type is ObjectType.CALLS and touch.purpose is Purpose.CALL
    ]
    assert calls
    assert all(moment.weekday() < 5 and moment.hour < 19 for moment in calls)
