from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from simcrm.lifecycle.business_hours import next_working_moment

UTC_ZONE, BERLIN, TOKYO = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
ZONES = ("UTC", "America/New_York", "America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo", "Pacific/Honolulu")
FRIDAY_EVENING = datetime(2026, 3, 6, 19, 10, 5, tzinfo=UTC)


def next_moment(*moment: int, zone: ZoneInfo = UTC_ZONE) -> datetime:
    return next_working_moment(datetime(*moment, tzinfo=UTC), zone)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("hour", [9, 13, 17])
def test_a_moment_in_working_time_stays(hour: int) -> None:
    assert next_moment(2026, 3, 4, hour, 15) == datetime(2026, 3, 4, hour, 15, tzinfo=UTC)


def test_a_night_becomes_the_morning_of_the_same_day() -> None:
    assert next_moment(2026, 3, 4, 1, 5) == datetime(2026, 3, 4, 10, 5, tzinfo=UTC)


def test_an_evening_becomes_the_next_morning() -> None:
    assert next_moment(2026, 3, 4, 22, 0) == datetime(2026, 3, 5, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [0, 1, 2])
def test_a_weekend_becomes_monday(day: int) -> None:
    moment = next_working_moment(FRIDAY_EVENING + timedelta(days=day), UTC_ZONE)

    assert moment.date() == datetime(2026, 3, 9, tzinfo=UTC).date()


def test_a_saturday_noon_in_working_hours_keeps_its_time_on_monday() -> None:
    assert next_moment(2026, 3, 7, 15) == datetime(2026, 3, 9, 15, tzinfo=UTC)


def test_a_moment_is_judged_by_the_clock_of_the_place() -> None:
    morning_in_tokyo = (2026, 3, 5, 1, 30)

    assert next_moment(*morning_in_tokyo, zone=TOKYO) == datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
    assert next_moment(*morning_in_tokyo, zone=BERLIN).astimezone(BERLIN).hour >= 9


def test_a_weekend_is_that_of_the_place() -> None:
    friday_in_honolulu = (2026, 3, 7, 2, 0)

    assert next_moment(*friday_in_honolulu, zone=ZoneInfo("Pacific/Honolulu")).day == 7
    assert next_moment(*friday_in_honolulu, zone=TOKYO).astimezone(TOKYO).day == 9


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    "week",
    [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 23, tzinfo=UTC), datetime(2026, 10, 19, tzinfo=UTC)],
    ids=["usual", "spring", "autumn"],
)
def test_every_moment_of_weeks_in_which_clocks_change_moves_to_working_time_and_never_back(
    name: str, week: datetime
) -> None:
    zone = ZoneInfo(name)
    for minute in range(0, 14 * 24 * 60, 11):
        moment = week + timedelta(minutes=minute, seconds=31, microseconds=17)
        found = next_working_moment(moment, zone)
        local = found.astimezone(zone)
        assert timedelta(0) <= found - moment < timedelta(days=3)
        assert local.weekday() < 5
        assert 9 <= local.hour < 18


@pytest.mark.parametrize(
    ("day", "utc_hour"), [("2026-03-27", 8), ("2026-03-30", 7), ("2026-10-23", 7), ("2026-10-26", 8)]
)
def test_an_office_opens_by_its_clock_before_and_after_the_clock_changes(day: str, utc_hour: int) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=BERLIN)

    assert next_working_moment(midnight, BERLIN) == midnight.astimezone(UTC).replace(
        hour=utc_hour, minute=0
    ) + timedelta(days=1)


def test_a_leap_day_is_a_working_day() -> None:
    assert next_moment(2028, 2, 28, 20, 0) == datetime(2028, 2, 29, 9, tzinfo=UTC)


def test_a_morning_does_not_begin_with_everything_at_once() -> None:
    night = datetime(2026, 3, 4, 0, tzinfo=UTC)
    mornings = {next_working_moment(night + timedelta(minutes=minute), UTC_ZONE) for minute in range(150)}

    assert len(mornings) == 150
