"""Times are drawn from working time: its hours, its weekdays, not on holidays, less in vacations."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from simcrm.lifecycle.working_time import WorkingCalendar
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom
from simcrm.synthetic.time_densities import BUSINESS, load_time_density

ZONE = ZoneInfo("America/Sao_Paulo")
COUNT = 20_000
DENSITY = load_time_density(BUSINESS)
HOUR_WEIGHTS = dict(zip(DENSITY.hours.options, DENSITY.hours.weights, strict=True))
WEEKDAY_SHARES = DENSITY.weekdays[:5]


def draws(part: int = 0) -> StreamRandom:
    return SeedSequence("time").stream(RandomStream.STORY, 0, part)


@pytest.fixture(scope="module")
def moments() -> list[datetime]:
    calendar, rng = WorkingCalendar(ZONE), draws()
    start = datetime(2026, 3, 2, tzinfo=UTC)
    return [calendar.near(start + timedelta(hours=number % 5_000), rng).astimezone(ZONE) for number in range(COUNT)]


def test_hours_have_the_density_of_working_time(moments: list[datetime]) -> None:
    hours, total = Counter(moment.hour for moment in moments), sum(HOUR_WEIGHTS.values())
    assert set(hours) == set(HOUR_WEIGHTS)
    for hour, weight in HOUR_WEIGHTS.items():
        assert hours[hour] / COUNT == pytest.approx(weight / total, abs=0.01)
    assert max(hours.values()) / COUNT < 0.2


def test_weekdays_have_their_shares_whatever_day_was_aimed_at(moments: list[datetime]) -> None:
    days, total = Counter(moment.weekday() for moment in moments), sum(WEEKDAY_SHARES)
    assert set(days) == set(range(5))
    for day, share in enumerate(WEEKDAY_SHARES):
        assert days[day] / COUNT == pytest.approx(share / total, abs=0.012)


def test_a_time_is_in_the_week_around_its_target() -> None:
    calendar, rng, target = WorkingCalendar(ZONE), draws(), datetime(2026, 6, 10, 15, tzinfo=UTC)
    assert all(abs(calendar.near(target, rng) - target) < timedelta(days=4) for _ in range(500))


def test_nobody_works_on_holidays() -> None:
    holidays = frozenset(date(2026, 6, day) for day in range(8, 13))
    calendar, rng = WorkingCalendar(ZONE, holidays), draws()
    found = {calendar.near(datetime(2026, 6, 10, 15, tzinfo=UTC), rng).astimezone(ZONE).date() for _ in range(300)}
    assert found
    assert not found & holidays


def test_less_is_done_in_vacation_weeks() -> None:
    vacation = {(8, day): 0.25 for day in range(1, 32)}
    calendar, rng = WorkingCalendar(ZONE, vacation=vacation), draws()
    months = Counter(
        calendar.near(datetime(2026, 8, 1, 12, tzinfo=UTC), rng).astimezone(ZONE).month for _ in range(4_000)
    )
    assert months[7] / months[8] == pytest.approx(3 / (0.25 * 2), rel=0.25)


def test_after_is_later_than_its_start_also_on_the_same_day() -> None:
    calendar, rng = WorkingCalendar(ZONE), draws()
    for number in range(2_000):
        earliest = datetime(2026, 5, 4, tzinfo=UTC) + timedelta(hours=number)
        assert calendar.after(earliest, earliest + timedelta(hours=number % 90), rng) > earliest


def test_soon_keeps_to_the_hours_of_the_day() -> None:
    calendar, rng = WorkingCalendar(ZONE), draws()
    morning, evening = datetime(2026, 5, 6, 13, tzinfo=UTC), datetime(2026, 5, 6, 22, 30, tzinfo=UTC)
    assert calendar.soon(morning, 2, rng) == morning + timedelta(hours=2)
    assert calendar.soon(evening, 2, rng).astimezone(ZONE).date() > evening.astimezone(ZONE).date()


def test_between_two_times_is_a_working_time_if_there_is_one() -> None:
    calendar, rng = WorkingCalendar(ZONE), draws()
    start = datetime(2026, 5, 4, 11, tzinfo=UTC)
    for days in range(2, 60):
        moment = calendar.between(start, start + timedelta(days=days), rng)
        assert start < moment < start + timedelta(days=days)
    night = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    assert calendar.between(night, night + timedelta(hours=1), rng) == night + timedelta(minutes=30)


def test_between_a_friday_and_a_sunday_is_still_friday() -> None:
    calendar, rng = WorkingCalendar(ZONE), draws()
    for minute in range(0, 118, 7):
        friday = datetime(2026, 5, 8, 17, minute % 60, tzinfo=ZONE) + timedelta(hours=minute // 60)
        moment = calendar.between(friday, datetime(2026, 5, 10, 21, tzinfo=ZONE), rng).astimezone(ZONE)
        assert friday < moment < datetime(2026, 5, 8, 19, tzinfo=ZONE)


def test_a_time_at_work_stays_and_any_other_becomes_one_of_the_next_morning() -> None:
    calendar = WorkingCalendar(ZONE, frozenset({date(2026, 5, 11)}))
    for minute in range(0, 14 * 24 * 60, 17):
        moment = datetime(2026, 5, 4, tzinfo=ZONE) + timedelta(minutes=minute)
        found = calendar.at_work(moment.astimezone(UTC)).astimezone(ZONE)
        is_at_work = calendar.is_working_day(moment.date()) and DENSITY.opens <= moment.hour <= DENSITY.closes
        assert (found == moment) == is_at_work
        assert moment <= found < moment + timedelta(days=4)
        assert calendar.is_working_day(found.date())
        assert is_at_work or (found.hour, found.minute) == (DENSITY.opens, moment.minute)
