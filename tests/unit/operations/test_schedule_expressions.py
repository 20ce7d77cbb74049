from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcrm.core.errors import InvalidInputError
from simcrm.operations.cron import parse_cron
from simcrm.operations.schedule_expressions import normalize_expression

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday."""

BERLIN, MINUTE, DAY = "Europe/Berlin", timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "zone", "sent", "first"),
    [
        ("0 3 * * ? *", BERLIN, "cron(0 3 * * ? *)", "2026-11-24T02:00"),
        ("cron(0/15 9-17 ? * MON-FRI *)", "UTC", "cron(0/15 9-17 ? * MON-FRI *)", "2026-11-23T12:15"),
        ("cron(0  3 ? * sat,sun *)", "UTC", "cron(0 3 ? * SAT,SUN *)", "2026-11-28T03:00"),
        ("cron(0 13 23 11 ? 2026)", "UTC", "cron(0 13 23 11 ? 2026)", "2026-11-23T13:00"),
        ("cron(0 12 * * ? *)", BERLIN, "cron(0 12 * * ? *)", "2026-11-24T11:00"),
        ("cron(0 3 L * ? *)", "UTC", "cron(0 3 L * ? *)", "2026-11-30T03:00"),
        ("cron(0 3 29 FEB ? *)", "UTC", "cron(0 3 29 FEB ? *)", "2028-02-29T03:00"),
        ("cron(0 3 ? * 6#3 2027)", "UTC", "cron(0 3 ? * 6#3 2027)", "2027-01-15T03:00"),
        ("cron(0 3 ? * 2#5 *)", "UTC", "cron(0 3 ? * 2#5 *)", "2026-11-30T03:00"),
        ("cron(0 3 ? * 6L *)", "UTC", "cron(0 3 ? * 6L *)", "2026-11-27T03:00"),
        ("cron(0 3 ? * L *)", "UTC", "cron(0 3 ? * L *)", "2026-11-28T03:00"),
        ("cron(0 3 LW 1 ? *)", "UTC", "cron(0 3 LW 1 ? *)", "2027-01-29T03:00"),
        ("cron(0 3 1W 5 ? *)", "UTC", "cron(0 3 1W 5 ? *)", "2027-05-03T03:00"),
        ("cron(0 3 31W * ? *)", "UTC", "cron(0 3 31W * ? *)", "2026-12-31T03:00"),
        ("cron(0 0 1 1 ? 2199)", "UTC", "cron(0 0 1 1 ? 2199)", "2199-01-01T00:00"),
        ("rate(1 minute)", "UTC", "rate(1 minute)", "2026-11-23T12:00"),
        ("rate(12 hours)", "UTC", "rate(12 hours)", "2026-11-23T12:00"),
        ("rate(1 days)", "UTC", "rate(1 day)", "2026-11-23T12:00"),
        ("rate(3 hour)", "UTC", "rate(3 hours)", "2026-11-23T12:00"),
    ],
)
def test_what_comes_is_taken_and_says_when_first(given: str, zone: str, sent: str, first: str) -> None:
    found = normalize_expression(given, zone, NOW)

    assert (found.expression, found.zone) == (sent, zone)
    assert found.first == datetime.fromisoformat(first).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("at(2026-11-23T12:00:00)", "is in the past"),
        ("at(0001-01-01T00:00:00)", "is in the past"),
        ("at(2200-01-01T00:00:00)", "after the year 2199"),
        ("at(9999-12-31T23:59:59)", "after the year 2199"),
        ("at(2027-02-30T08:00:00)", "not a date"),
        ("at(2027-01-01T24:00:01)", "not a date"),
        ("at(\u0662\u0660\u0662\u0667-01-01T08:00:00)", "must be like"),
        ("cron(0 3 30 FEB ? *)", "never occurs"),
        ("cron(0 3 30W 2 ? *)", "never occurs"),
        ("cron(0 3 * * ? 2020)", "never occurs"),
        ("cron(0 3 1 JAN ? 2026)", "never occurs"),
        ("cron(0 1 23 11 ? 2026)", "never occurs"),
        ("cron(0 12 23 11 ? 2026)", "never occurs"),
        ("cron(0 3 * * * *)", "needs ?"),
        ("cron(0 3 ? * ? *)", "needs ?"),
        ("cron(? 3 * * ? *)", "minutes cannot be ?"),
        ("cron(0 3 * * ? ?)", "year cannot be ?"),
        ("cron(0 3 * ? ? *)", "month cannot be ?"),
        ("cron(0 3 0W * ? *)", "never occurs"),
        ("cron(0 3 99W * ? *)", "never occurs"),
        ("cron(0 3 ? * 8 *)", "day of the week cannot be 8"),
        ("cron(0 3 ? * 1#6 *)", "day of the week cannot be 1#6"),
        ("cron(60 3 * * ? *)", "minutes cannot be 60"),
        ("cron(\u00b2 3 * * ? *)", "minutes cannot be"),
        ("cron(*-5 3 * * ? *)", "minutes cannot be *-5"),
        ("cron(0 3 * FOO ? *)", "month cannot be FOO"),
        ("cron(0/0 3 * * ? *)", "minutes cannot be 0/0"),
        ("cron(0 3 * * ? 2200)", "year cannot be 2200"),
        ("cron(0 3 * * ?)", "6 fields"),
        ("rate(0 minutes)", "must be like"),
        ("rate(1 week)", "must be like"),
        ("rate(1.5 hours)", "must be like"),
        ("rate(-1 hours)", "must be like"),
        ("every night", "must be like"),
        ("", "must be like"),
    ],
)
def test_what_never_comes_is_refused(given: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        normalize_expression(given, "UTC", NOW)

    assert refused.value.field == "expression"
    assert reason in refused.value.problem


def test_a_moment_is_one_of_its_zone_and_is_sent_in_utc() -> None:
    at = "at(2026-11-23T12:30:00)"
    summer = normalize_expression("at(2027-07-01T08:00:00)", BERLIN, NOW)

    assert (summer.expression, summer.zone) == ("at(2027-07-01T06:00:00)", "UTC")
    assert (normalize_expression(at, "UTC", NOW).expression, normalize_expression(at, "UTC", NOW).zone) == (at, "UTC")
    with pytest.raises(InvalidInputError, match="is in the past"):
        normalize_expression(at, BERLIN, NOW)


@pytest.mark.parametrize(
    ("given", "zone", "instead"),
    [
        ("at(2027-03-28T02:30:00)", BERLIN, "2027-03-28T03:30:00"),
        ("at(2027-03-14T02:00:00)", "America/New_York", "2027-03-14T03:00:00"),
        ("at(2027-10-03T02:15:00)", "Australia/Lord_Howe", "2027-10-03T02:45:00"),
    ],
)
def test_a_moment_that_clocks_skip_is_refused_with_the_one_that_there_is(given: str, zone: str, instead: str) -> None:
    with pytest.raises(InvalidInputError, match="does not exist") as refused:
        normalize_expression(given, zone, NOW)

    assert refused.value.problem.endswith(f"use {instead}")
    assert normalize_expression(f"at({instead})", zone, NOW).first > NOW


def test_a_moment_that_clocks_repeat_is_the_first_of_both() -> None:
    assert normalize_expression("at(2027-10-31T02:30:00)", BERLIN, NOW).expression == "at(2027-10-31T00:30:00)"


@pytest.mark.parametrize("given", ["cron(30 2 28 3 ? 2027)", "cron(30 2 ? 3 1L 2027)", "cron(0-59 2 ? 3 1L *)"])
def test_a_cron_whose_every_time_is_skipped_never_comes(given: str) -> None:
    with pytest.raises(InvalidInputError, match="never occurs"):
        normalize_expression(given, BERLIN, NOW)


def test_a_cron_leaves_out_the_night_on_which_its_time_is_skipped() -> None:
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)

    assert normalize_expression("cron(30 2 * * ? *)", BERLIN, before).first == datetime(2027, 3, 29, 0, 30, tzinfo=UTC)
    assert normalize_expression("cron(30 2 28 3 ? 2027-2028)", BERLIN, before).first == datetime(
        2028, 3, 28, 0, 30, tzinfo=UTC
    )


def in_words(text: str, low: int) -> set[int]:
    """A field of numbers, steps and stars alone."""
    begin, _, step = text.partition("/")
    return set(range(low if begin == "*" else int(begin), 60, int(step))) if step else {int(begin)}


@given(
    minute=st.sampled_from(["0", "7", "59", "*/20", "5/25"]),
    hour=st.sampled_from(["0", "2", "3", "23", "*/7", "1/11"]),
    zone=st.sampled_from(["UTC", BERLIN, "America/St_Johns", "Pacific/Auckland", "Asia/Kathmandu"]),
    now=st.integers(0, 900_000).map(lambda minutes: NOW - 250 * DAY + minutes * MINUTE),
)
@settings(max_examples=60, deadline=None)
def test_the_first_firing_is_the_first_minute_that_fits(minute: str, hour: str, zone: str, now: datetime) -> None:
    minutes, hours = in_words(minute, 0), {hour for hour in in_words(hour, 0) if hour <= 23}
    first = parse_cron(f"{minute} {hour} * * ? *").next_after(now, ZoneInfo(zone))

    looked_at = now + MINUTE
    while True:
        local = looked_at.astimezone(ZoneInfo(zone))
        if local.hour in hours and local.minute in minutes and local.fold == 0:
            break
        looked_at += MINUTE
    assert first == looked_at
