from datetime import UTC, datetime, timedelta, timezone

import pytest

from simcrm.lifecycle.working_time import next_working_moment

FRIDAY_EVENING = datetime(2026, 3, 6, 23, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize("hour", [13, 17, 21])
def test_a_moment_in_working_time_stays(hour: int) -> None:
    moment = datetime(2026, 3, 4, hour, 15, tzinfo=UTC)

    assert next_working_moment(moment) == moment


def test_a_night_becomes_the_morning_of_the_same_day() -> None:
    assert next_working_moment(datetime(2026, 3, 4, 1, 5, tzinfo=UTC)) == datetime(2026, 3, 4, 14, 5, tzinfo=UTC)


def test_an_evening_becomes_the_next_morning() -> None:
    assert next_working_moment(datetime(2026, 3, 4, 22, 0, tzinfo=UTC)) == datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [0, 1, 2])
def test_a_weekend_becomes_monday(day: int) -> None:
    moment = next_working_moment(FRIDAY_EVENING + timedelta(days=day))

    assert moment.date() == datetime(2026, 3, 9, tzinfo=UTC).date()


def test_a_saturday_noon_in_working_hours_keeps_its_time_on_monday() -> None:
    assert next_working_moment(datetime(2026, 3, 7, 15, tzinfo=UTC)) == datetime(2026, 3, 9, 15, tzinfo=UTC)


def test_a_moment_of_another_zone_is_judged_in_utc() -> None:
    tokyo = datetime(2026, 3, 5, 0, 30, tzinfo=timezone(timedelta(hours=9)))

    assert next_working_moment(tokyo) == datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def test_every_minute_of_a_week_moves_to_working_time_and_never_back() -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    for minute in range(0, 7 * 24 * 60, 7):
        moment = begin + timedelta(minutes=minute, seconds=31, microseconds=17)
        moved = next_working_moment(moment)
        assert moved >= moment
        assert moved - moment < timedelta(days=3)
        assert moved.weekday() < 5
        assert 13 <= moved.hour < 22


def test_a_morning_does_not_begin_with_everything_at_once() -> None:
    night = datetime(2026, 3, 4, 0, tzinfo=UTC)
    mornings = {next_working_moment(night + timedelta(minutes=minute)) for minute in range(150)}

    assert len(mornings) == 150
