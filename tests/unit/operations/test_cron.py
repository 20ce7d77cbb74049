"""Cron expressions as EventBridge Scheduler reads them: each notation of each field, and when it fires next."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from simcrm.core.errors import InvalidInputError
from simcrm.operations.cron import local_to_utc, parse_cron

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
"""A Monday."""


def days(day: str, weekday: str = "?", year: int = 2026, month: int = 3) -> list[int]:
    return parse_cron(f"0 9 {day} * {weekday} *").days(year, month)


def test_each_field_takes_values_ranges_steps_and_names() -> None:
    cron = parse_cron("0,30 8-10 ? jan,MAR-5 MON-FRI 2026/2")

    assert (cron.minutes, cron.hours, cron.months) == ([0, 30], [8, 9, 10], [1, 3, 4, 5])
    assert (list(cron.years[:3]), cron.years[-1]) == ([2026, 2028, 2030], 2198)
    assert cron.days(2026, 3)[:6] == [2, 3, 4, 5, 6, 9]
    assert list(parse_cron("*/20 5/6 ? * * *").minutes) == [0, 20, 40]
    assert list(parse_cron("10-30/10 5/6 ? * * *").minutes) == [10, 20, 30]
    assert list(parse_cron("0 5/6 ? * * *").hours) == [5, 11, 17, 23]
    years = parse_cron("0 0 * * ? *").years
    assert (years[0], years[-1]) == (1970, 2199)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("1,15", [1, 15]),
        ("31", [31]),
        ("L", [31]),
        ("LW", [31]),
        ("1W", [2]),
        ("7W", [6]),
        ("8W", [9]),
        ("15W", [16]),
        ("28W", [27]),
        ("4W", [4]),
    ],
)
def test_days_of_a_month(day: str, expected: list[int]) -> None:
    assert days(day) == expected


def test_a_workday_stays_in_its_month() -> None:
    assert days("1W", month=8) == [3]
    assert days("31W", month=5) == [29]
    assert days("LW", month=5) == [29]
    assert days("LW", month=2) == [27]
    assert days("31W", month=4) == days("31", month=4) == days("30", month=2) == []
    assert days("0W", month=4) == []


@pytest.mark.parametrize(
    ("weekday", "expected"),
    [
        ("1", [1, 8, 15, 22, 29]),
        ("SUN", [1, 8, 15, 22, 29]),
        ("L", [7, 14, 21, 28]),
        ("7", [7, 14, 21, 28]),
        ("2L", [30]),
        ("1L", [29]),
        ("2#1", [2]),
        ("2#5", [30]),
        ("4#5", []),
        ("1#2", [8]),
        ("MON,WED", [2, 4, 9, 11, 16, 18, 23, 25, 30]),
    ],
)
def test_days_of_a_week(weekday: str, expected: list[int]) -> None:
    assert days("?", weekday) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 9 * * ?", "cron has 6 fields"),
        ("0 9 ? * ? *", "for either the day of the month or the day of the week"),
        ("0 9 * * * *", "for either the day of the month or the day of the week"),
        ("60 9 * * ? *", "cron's minutes cannot be 60"),
        ("0 24 * * ? *", "cron's hours cannot be 24"),
        ("0 9 0 * ? *", "cron's day of the month cannot be 0"),
        ("0 9 32 * ? *", "cron's day of the month cannot be 32"),
        ("0 9 * 13 ? *", "cron's month cannot be 13"),
        ("0 9 * XYZ ? *", "cron's month cannot be XYZ"),
        ("0 9 ? * 8 *", "cron's day of the week cannot be 8"),
        ("0 9 ? * 2#6 *", "cron's day of the week cannot be 2#6"),
        ("0 9 * * ? 1969", "cron's year cannot be 1969"),
        ("0 9 * * ? 2200", "cron's year cannot be 2200"),
        ("30-10 9 * * ? *", "cron's minutes cannot be 30-10"),
        ("*/0 9 * * ? *", "cron's minutes cannot be \\*/0"),
        ("a-b 9 * * ? *", "cron's minutes cannot be A"),
        ("1;2 9 * * ? *", "cron's minutes cannot be 1;2"),
    ],
)
def test_what_is_no_expression_is_refused_by_its_field(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as raised:
        parse_cron(text)

    assert "expression" in str(raised.value.field)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 14 * * ? *", datetime(2026, 3, 3, 14, tzinfo=UTC)),
        ("1 14 * * ? *", datetime(2026, 3, 2, 14, 1, tzinfo=UTC)),
        ("0 9 1 * ? *", datetime(2026, 4, 1, 9, tzinfo=UTC)),
        ("0 9 2 3 ? *", datetime(2027, 3, 2, 9, tzinfo=UTC)),
        ("0 15 2 3 ? *", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("0 9 29 2 ? *", datetime(2028, 2, 29, 9, tzinfo=UTC)),
        ("0 9 1 1 ? 2020-2026", None),
    ],
)
def test_an_expression_fires_at_the_first_moment_after_now(text: str, expected: datetime | None) -> None:
    assert parse_cron(text).next_after(NOW, UTC_ZONE) == expected


def test_an_hour_that_a_zone_skips_does_not_fire_and_one_that_it_repeats_fires_once() -> None:
    spring, autumn = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)

    assert parse_cron("30 2 * * ? *").next_after(spring, BERLIN) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    assert parse_cron("30 2 * * ? *").next_after(autumn, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert local_to_utc(datetime(2026, 3, 29, 2, 30), BERLIN) is None  # noqa: DTZ001 - a clock on a wall
